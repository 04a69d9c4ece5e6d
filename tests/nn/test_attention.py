"""Attention and Transformers: what the entries' cases cannot say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as msnn
from torch import nn
from torch.nn import functional

import apimap
from apimap.composed.mindspore.transformer_stack import Transformer as ComposedTransformer
from apimap.errors import Unsupported

PADDING = np.array([[False, False, True], [True, True, True]])


def drawn(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def arrays(outputs: Any) -> list[Any]:
    """One output or several, of either framework, as arrays."""
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return [
        each.detach().numpy() if isinstance(each, torch.Tensor) else each.asnumpy()
        for each in outputs
        if each is not None
    ]


def assert_agree(layer: Any, cell: Any, *inputs: Any) -> None:
    """Both give the same numbers, and NaN in the same places."""
    ours = arrays(layer(*[torch.tensor(x) if isinstance(x, np.ndarray) else x for x in inputs]))
    theirs = arrays(
        cell(*[mindspore.Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs])
    )
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


def encoder_layer(**arguments: Any) -> Any:
    return nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, **arguments)


@pytest.mark.parametrize("need_weights", [True, False])
def test_a_query_whose_keys_are_all_masked(need_weights: bool) -> None:
    """NaN with weights, zeros without; MindSpore's own softmax gives noise there."""
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    cell = apimap.to_mindspore(layer)
    x = drawn(2, 3, 4)
    assert_agree(layer, cell, x, x, x, PADDING, need_weights)
    out = cell(*[mindspore.Tensor(x)] * 3, mindspore.Tensor(PADDING), need_weights)[0].asnumpy()
    assert np.isnan(out[1]).all() == need_weights
    assert not np.isnan(out[0]).any()


def test_masks_of_two_kinds_each_do_what_they_say() -> None:
    """A float attention mask is added beside a bool padding mask, which MindSpore adds as 1."""
    layer = nn.MultiheadAttention(4, 2)
    x, added = drawn(3, 2, 4), drawn(3, 3, seed=1)
    padding = np.array([[False, False, True], [False, True, True]])
    with pytest.warns(UserWarning, match="mismatched"):
        assert_agree(layer, apimap.to_mindspore(layer), x, x, x, padding, True, added)


def test_the_lowest_number_is_not_minus_infinity() -> None:
    """Masks of whole models hide keys by it, and hide others altogether."""
    layer = nn.MultiheadAttention(4, 2)
    x, mask = drawn(3, 2, 4), np.full((3, 3), np.finfo(np.float32).min, np.float32)
    mask[0, 1] = mask[1, 0] = -np.inf
    mask[2, 0] = 0
    assert_agree(layer, apimap.to_mindspore(layer), x, x, x, None, False, mask)


def test_a_causal_hint_needs_a_mask() -> None:
    layer = nn.MultiheadAttention(4, 2)
    x = mindspore.Tensor(drawn(3, 2, 4))
    with pytest.raises(RuntimeError, match="Need attn_mask"):
        apimap.to_mindspore(layer)(x, x, x, is_causal=True)


def test_dropout_acts_in_training_alone() -> None:
    layer = nn.MultiheadAttention(4, 2, dropout=0.5).eval()
    x = drawn(6, 2, 4)
    cell = apimap.to_mindspore(layer)
    assert_agree(layer, cell, x, x, x)
    weights = cell.set_train()(*[mindspore.Tensor(x)] * 3, average_attn_weights=False)[1]
    assert 0.2 < (weights.asnumpy() == 0).mean() < 0.8


def test_the_output_projection_comes_back_as_it_was() -> None:
    layer = nn.MultiheadAttention(4, 2)
    back = apimap.to_torch(apimap.to_mindspore(layer))
    assert type(back.out_proj) is type(layer.out_proj)
    assert torch.equal(back.out_proj.weight, layer.out_proj.weight)


def test_the_fast_path_of_pytorch_is_the_only_difference() -> None:
    """It zeroes padding, and the converted stack does what PyTorch does without it."""
    stack = nn.TransformerEncoder(encoder_layer(dropout=0.3), 2).eval()
    cell = apimap.to_mindspore(stack)
    x = drawn(2, 3, 4)
    padding = np.array([[False, False, True], [False, True, True]])
    assert_agree(stack, cell, x, None, padding)
    with torch.no_grad():
        fast = stack(torch.tensor(x), src_key_padding_mask=torch.tensor(padding)).numpy()
    ours = cell(mindspore.Tensor(x), None, mindspore.Tensor(padding)).asnumpy()
    assert (fast[padding] == 0).all()
    np.testing.assert_allclose(ours[~padding], fast[~padding], atol=1e-5)


def test_a_float_mask_means_in_pytorch_what_it_means_in_mindspore() -> None:
    """Also without gradients, where PyTorch's own layer takes it for a bool mask."""
    cell = msnn.TransformerEncoderLayer(4, 2, 8, batch_first=True).set_train(False)
    layer = apimap.to_torch(cell)
    with torch.no_grad():
        assert_agree(layer, cell, drawn(2, 3, 4), drawn(3, 3, seed=1))


def changed_sublayers(layer: Any) -> Any:
    """One that PyTorch runs, and whose sublayers its arguments do not tell."""
    layer.norm2 = nn.RMSNorm(4)
    layer.linear1 = nn.Linear(4, 6, bias=False)
    layer.linear2 = nn.Sequential(nn.Linear(6, 4), nn.Tanh())
    layer.dropout1 = nn.Identity()
    layer.self_attn.requires_grad_(False)
    return layer


def test_sublayers_may_be_any_layers() -> None:
    stack = nn.TransformerEncoder(encoder_layer(dropout=0.0), 2, nn.LayerNorm(4))
    changed_sublayers(stack.layers[1])
    cell = apimap.to_mindspore(stack)
    assert_agree(stack, cell, drawn(2, 3, 4))
    assert not cell.layers[1].self_attn.in_proj_weight.requires_grad
    back = apimap.to_torch(cell)
    assert repr(back) == repr(stack)
    assert all(
        torch.equal(a, b)
        for a, b in zip(stack.state_dict().values(), back.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("activation", [functional.relu, functional.gelu, torch.relu, nn.SiLU()])
def test_activations_are_functions_that_have_a_word_or_layers(activation: Any) -> None:
    layer = encoder_layer(activation=activation, dropout=0.0)
    assert_agree(layer, apimap.to_mindspore(layer), drawn(2, 3, 4))


def twice(x: Any) -> Any:
    return 2 * x


@pytest.mark.parametrize("make", [encoder_layer, lambda **k: nn.TransformerDecoderLayer(4, 2, **k)])
def test_another_function_is_refused_with_the_way_out(make: Callable[..., Any]) -> None:
    with pytest.raises(Unsupported, match="twice") as caught:
        apimap.to_mindspore(make(activation=twice))
    assert "nn.SiLU" in caught.value.hint


def test_a_custom_encoder_keeps_its_values() -> None:
    """PyTorch's constructor gives the parameters of a custom encoder new values."""
    custom = nn.TransformerEncoder(encoder_layer(dropout=0.0, activation="gelu"), 3)
    model = nn.Transformer(4, 2, 1, 1, 8, 0.0, custom_encoder=custom, batch_first=True)
    cell = apimap.to_mindspore(model)
    inputs = drawn(2, 3, 4), drawn(2, 5, 4, seed=1)
    assert_agree(model, cell, *inputs)
    back = apimap.to_torch(cell)
    assert repr(back) == repr(model)
    assert_agree(back, cell, *inputs)


def test_a_composed_transformer_with_a_custom_encoder_goes_to_pytorch_as_it_is() -> None:
    custom = apimap.to_mindspore(nn.TransformerEncoder(encoder_layer(dropout=0.0), 1))
    cell = ComposedTransformer(4, 2, 1, 1, 8, 0.0, custom_encoder=custom, batch_first=True)
    assert_agree(apimap.to_torch(cell), cell, drawn(2, 3, 4), drawn(2, 5, 4, seed=1))


def test_the_mask_of_later_positions() -> None:
    mask = ComposedTransformer.generate_square_subsequent_mask(4)
    ours = nn.Transformer.generate_square_subsequent_mask(4)
    np.testing.assert_array_equal(mask.asnumpy(), ours.numpy())


def test_tied_layers_stay_tied() -> None:
    stack = nn.TransformerEncoder(encoder_layer(dropout=0.0), 2)
    stack.layers[1] = stack.layers[0]
    cell = apimap.to_mindspore(stack)
    assert cell.layers[0] is cell.layers[1]


def test_a_changed_decoder_layer_of_mindspore_is_refused() -> None:
    """PyTorch's is built with one dropout and one epsilon."""
    cell = msnn.TransformerDecoderLayer(4, 2, 8)
    cell.dropout2 = msnn.Dropout(p=0.4)
    with pytest.raises(Unsupported, match="dropout probability"):
        apimap.to_torch(cell)


def test_a_transformer_of_mindspore_goes_to_pytorch_and_back() -> None:
    cell = msnn.Transformer(4, 2, 1, 2, 8, 0.0, "gelu", norm_first=True)
    layer = apimap.to_torch(cell)
    inputs = drawn(3, 2, 4), drawn(5, 2, 4, seed=1)
    assert_agree(layer, cell, *inputs)
    back = apimap.to_mindspore(layer)
    assert type(back) is msnn.Transformer
    assert_agree(layer, back, *inputs)


def test_new_layers_have_the_values_that_pytorch_gives_them() -> None:
    """Xavier's bound for each matrix, zeros for the biases of attention."""
    line = apimap.translate("torch.nn.Transformer", 64, 4, 1, 1, 32)
    assert line.route == "composed"
    cell = ComposedTransformer(64, 4, 1, 1, 32)
    packed = cell.encoder.layers[0].self_attn
    bound = np.sqrt(6 / (64 + 3 * 64))
    weight = packed.in_proj_weight.asnumpy()
    assert np.abs(weight).max() <= bound
    assert weight.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)
    assert (packed.in_proj_bias.asnumpy() == 0).all()
    assert (packed.out_proj.bias.asnumpy() == 0).all()
