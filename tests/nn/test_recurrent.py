"""Recurrent layers: padded sequences, states, dropout between layers, the way back."""

from __future__ import annotations

import inspect
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from mindspore import ops
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import apimap
from apimap import signatures

LAYERS = ["RNN", "GRU", "LSTM"]
LENGTHS = [2, 5, 1, 4]
mindspore.runtime.launch_blocking()


def draw(*shape: int) -> Any:
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def close(ours: Any, theirs: Any) -> None:
    """Nested results of MindSpore and PyTorch."""
    if isinstance(theirs, tuple):
        assert len(ours) == len(theirs)
        for one, another in zip(ours, theirs, strict=True):
            close(one, another)
    else:
        array = theirs.detach().numpy()
        np.testing.assert_allclose(ours.asnumpy(), array, rtol=1.3e-6, atol=1e-5)


def packed(module: Any, x: Any, hx: Any) -> Any:
    """What PyTorch computes of the packed batch, padded again."""
    first = module.batch_first
    pack = pack_padded_sequence(x, torch.tensor(LENGTHS), first, enforce_sorted=False)
    y, last = module(pack, hx)
    return pad_packed_sequence(y, first, total_length=x.shape[1 if first else 0])[0], last


def states(name: str, rows: int, size: int = 3) -> Any:
    h = torch.from_numpy(draw(rows, 4, size))
    return (h, torch.from_numpy(draw(rows, 4, 3)) / 2) if name == "LSTM" else h


def to_mindspore(nest: Any) -> Any:
    if isinstance(nest, tuple):
        return tuple(map(to_mindspore, nest))
    return None if nest is None else mindspore.Tensor(nest.detach().numpy())


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("name", [*LAYERS, "projected"])
def test_padded_sequences(name: str, given: bool) -> None:
    """seq_length does what packing does, whatever the padding holds; gradients too."""
    arguments: dict[str, Any] = {"num_layers": 2, "bidirectional": True, "batch_first": given}
    if name == "projected":
        name, arguments["proj_size"] = "LSTM", 2
    module = getattr(nn, name)(4, 3, **arguments)
    cell = apimap.to_mindspore(module)
    hx = states(name, 4, arguments.get("proj_size", 3)) if given else None
    x = torch.from_numpy(draw(4, 6, 4) if given else draw(6, 4, 4)).requires_grad_()
    y, last = packed(module, x, hx)
    y.sum().backward()
    states_there = to_mindspore(hx)

    def total(padded: Any) -> Any:
        return cell(padded, states_there, lengths())[0].sum()

    padded = beyond_is_nan(x, given)
    close(cell(padded, states_there, lengths()), (y, last))
    weights = mindspore.ParameterTuple(cell.trainable_params())
    of_input, of_weights = mindspore.grad(total, 0, weights)(padded)
    close(of_input, x.grad)
    for (_, parameter), found in zip(module.named_parameters(), of_weights, strict=True):
        close(found, parameter.grad)


@pytest.mark.parametrize("name", LAYERS)
def test_padded_sequences_in_a_graph(name: str) -> None:
    """The same under ms.jit."""
    module = getattr(nn, name)(4, 3, bidirectional=True)
    x = torch.from_numpy(draw(6, 4, 4))
    run = mindspore.jit(apimap.to_mindspore(module))
    close(run(beyond_is_nan(x, False), None, lengths()), packed(module, x, None))


def lengths() -> Any:
    return mindspore.Tensor(LENGTHS, mindspore.int32)


def beyond_is_nan(x: Any, batch_first: bool) -> Any:
    values = x.detach().numpy().copy()
    beyond = np.arange(6)[:, None] >= np.array(LENGTHS)[None]
    values[beyond.T if batch_first else beyond] = np.nan
    return mindspore.Tensor(values)


@pytest.mark.parametrize("name", LAYERS)
def test_packed_sequence_is_refused(name: str) -> None:
    """The message says what to pass instead."""
    cell = apimap.to_mindspore(getattr(nn, name)(4, 3))
    pack = pack_padded_sequence(torch.zeros(6, 4, 4), torch.tensor(LENGTHS), enforce_sorted=False)
    with pytest.raises(TypeError, match="pad_packed_sequence gives: its tensor as input"):
        cell(pack)


@pytest.mark.parametrize("name", LAYERS)
def test_lengths_in_pytorch(name: str) -> None:
    """What comes from MindSpore takes seq_length too; a sequence of no steps keeps its state."""
    cell = getattr(mnn, name)(4, 3, 1, bidirectional=True)
    module = apimap.to_torch(cell)
    assert isinstance(module, getattr(nn, name))
    x, hx = torch.from_numpy(draw(6, 4, 4)) / 4, states(name, 2)
    assert not torch.equal(module(x, hx)[0], module(x, hx, torch.tensor([2, 5, 0, 6]))[0])
    given = mindspore.Tensor([2, 5, 0, 6], mindspore.int32)
    ours = cell(to_mindspore(x), to_mindspore(hx), given)
    theirs = module(x, hx, torch.tensor([2, 5, 0, 6]))
    for one, another in zip(flat(ours), flat(theirs), strict=True):
        np.testing.assert_allclose(one.asnumpy(), another.detach().numpy(), atol=3e-4)
    assert type(apimap.to_mindspore(module)) is type(cell)


def flat(nest: Any) -> list[Any]:
    return [leaf for each in nest for leaf in flat(each)] if isinstance(nest, tuple) else [nest]


@pytest.mark.parametrize("jit", [False, True])
def test_dropout_between_layers(jit: bool) -> None:
    """Two layers that pass positive numbers on: in training each is dropped or scaled."""
    module = nn.RNN(64, 64, 2, "relu", bias=False, dropout=0.25)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight.copy_(torch.eye(64) if "ih" in name else torch.zeros(64, 64))
    cell = apimap.to_mindspore(module)
    x = np.abs(draw(4, 64, 64)) + 1
    run = mindspore.jit(cell) if jit else cell
    masks = [run(mindspore.Tensor(x))[0].asnumpy() / x for _ in range(2)]
    masks.append(module(torch.from_numpy(x))[0].detach().numpy() / x)
    for mask in masks:
        kept = mask != 0
        np.testing.assert_allclose(mask[kept], 1 / 0.75, rtol=1e-6)
        assert abs(kept.mean() - 0.75) < 6 * (0.75 * 0.25 / kept.size) ** 0.5
    assert (masks[0] != masks[1]).any()
    cell.set_train(False)
    np.testing.assert_array_equal(cell(mindspore.Tensor(x))[0].asnumpy(), x)


@pytest.mark.parametrize("name", LAYERS)
def test_evaluation_ignores_dropout(name: str) -> None:
    module = getattr(nn, name)(4, 3, 3, dropout=0.5).eval()
    x = draw(6, 4, 4)
    close(apimap.to_mindspore(module)(mindspore.Tensor(x)), module(torch.from_numpy(x)))


@pytest.mark.parametrize("name", LAYERS)
def test_saturated_gates(name: str) -> None:
    """Far beyond 3, where MindSpore's own tanh is off by 1e-4."""
    module = getattr(nn, name)(4, 3)
    x = draw(6, 4, 4) * 30
    given = mindspore.Tensor([6] * 4, mindspore.int32)
    ours = apimap.to_mindspore(module)(mindspore.Tensor(x), None, given)
    theirs = module(torch.from_numpy(x))
    for one, another in zip(flat(ours), flat(theirs), strict=True):
        np.testing.assert_allclose(one.asnumpy(), another.detach().numpy(), atol=4e-6)


def test_double_precision_lstm() -> None:
    """Where MindSpore's kernel gives garbage for gradients."""
    module = nn.LSTM(4, 3).double()
    cell = apimap.to_mindspore(module)
    x = draw(6, 4, 4).astype(np.float64)

    def total(x: Any) -> Any:
        return cell(x)[0].sum()

    source = torch.from_numpy(x).requires_grad_()
    module(source)[0].sum().backward()
    assert source.grad is not None
    found = mindspore.grad(total)(mindspore.Tensor(x)).asnumpy()
    np.testing.assert_allclose(found, source.grad.numpy(), atol=1e-14)


@pytest.mark.parametrize("name", LAYERS)
def test_wrong_inputs(name: str) -> None:
    """What PyTorch rejects is rejected."""
    cell = apimap.to_mindspore(getattr(nn, name)(4, 3))
    bad = [ops.zeros((0, 2, 4)), ops.zeros((5, 2, 3)), ops.zeros((1, 5, 2, 4))]
    for x in [*bad, ops.zeros((5, 2, 4), mindspore.float64)]:
        with pytest.raises(ValueError, match="expected|dtype"):
            cell(x)
    wrong = ops.zeros((1, 3, 3))
    with pytest.raises(ValueError, match="state"):
        cell(ops.zeros((5, 2, 4)), (wrong, wrong) if name == "LSTM" else wrong)


def test_round_trip_of_layers() -> None:
    """Names, values and classes survive both ways."""
    module = nn.LSTM(4, 3, 2, proj_size=2, bidirectional=True, bias=False)
    back = apimap.to_torch(apimap.to_mindspore(module))
    assert repr(back) == repr(module)
    assert list(back.state_dict()) == list(module.state_dict())
    assert all(torch.equal(back.state_dict()[k], v) for k, v in module.state_dict().items())


@pytest.mark.parametrize("name", ["RNNBase", "RNNCellBase"])
def test_bases_are_refused(name: str) -> None:
    with pytest.raises(apimap.Unsupported, match="has no forward"):
        apimap.translate(
            f"torch.nn.{name}", *["LSTM", 2, 3] if name == "RNNBase" else [2, 3, True, 4]
        )


@pytest.mark.parametrize("name", LAYERS)
def test_signatures_are_the_real_ones(name: str) -> None:
    """Both frameworks declare (*args, **kwargs); the snapshot has what those take."""
    for api in (f"torch.nn.{name}", f"mindspore.nn.{name}"):
        kinds = {p.kind for p in signatures.signature(api).parameters.values()}
        assert not kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    translated = str(apimap.translate(f"mindspore.nn.{name}", 3, 4, 2, has_bias=False))
    assert translated == f"apimap.composed.torch.{name}(3, 4, num_layers=2, has_bias=False)"
