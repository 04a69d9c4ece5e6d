"""MindSpore's Transformer encoder, and its stacks, on PyTorch.

PyTorch's own encoder computes otherwise in evaluation without gradients: it takes every float mask
for a bool one, and writes zeros where a key is padding. Sublayers are replaced by the converted
ones, each of which may be any layer.
"""

from __future__ import annotations

import copy
from typing import Any, Optional, Union

from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments
from apimap.rules.attention import activation_word

FUNCTIONS: dict[str, Any] = {"relu": functional.relu, "gelu": functional.gelu}


@keeps_arguments
class TransformerEncoderLayer(nn.Module):
    """``mindspore.nn.TransformerEncoderLayer`` on PyTorch."""

    converted_children = (
        "self_attn",
        "dense1",
        "dropout",
        "dense2",
        "norm1",
        "norm2",
        "dropout1",
        "dropout2",
    )

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Union[str, Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del dtype
        self.self_attn = nn.MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first)
        self.dense1 = nn.Linear(d_model, dim_feedforward)
        self.dropout = nn.Dropout(dropout)
        self.dense2 = nn.Linear(dim_feedforward, d_model)
        self.norm1 = nn.LayerNorm(d_model, layer_norm_eps)
        self.norm2 = nn.LayerNorm(d_model, layer_norm_eps)
        self.dropout1, self.dropout2 = nn.Dropout(dropout), nn.Dropout(dropout)
        self.norm_first = norm_first
        self.activation = FUNCTIONS[activation_word(activation)]

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None) -> Any:
        x, masks = src, (src_mask, src_key_padding_mask)
        if self.norm_first:
            x = x + self.sees_itself(self.norm1(x), *masks)
            return x + self.feeds(self.norm2(x))
        x = self.norm1(x + self.sees_itself(x, *masks))
        return self.norm2(x + self.feeds(x))

    def sees_itself(self, x: Any, mask: Any, padding: Any) -> Any:
        return self.dropout1(self.self_attn(x, x, x, padding, False, mask)[0])

    def feeds(self, x: Any) -> Any:
        return self.dropout2(self.dense2(self.dropout(self.activation(self.dense1(x)))))


def _clones(layer: Any, count: int) -> Any:
    return nn.ModuleList([copy.deepcopy(layer) for _ in range(count)])


@keeps_arguments
class TransformerEncoder(nn.Module):
    """``mindspore.nn.TransformerEncoder`` on PyTorch."""

    converted_children = ("layers", "norm")

    def __init__(self, encoder_layer: Any, num_layers: int, norm: Optional[Any] = None) -> None:
        super().__init__()
        self.layers = _clones(encoder_layer, num_layers)
        self.norm = norm

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None) -> Any:
        x = src
        for layer in self.layers:
            x = layer(x, src_mask, src_key_padding_mask)
        return x if self.norm is None else self.norm(x)


@keeps_arguments
class TransformerDecoder(nn.Module):
    """``mindspore.nn.TransformerDecoder`` on PyTorch."""

    converted_children = ("layers", "norm")

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Optional[Any] = None) -> None:
        super().__init__()
        self.layers = _clones(decoder_layer, num_layers)
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
    ) -> Any:
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        x = tgt
        for layer in self.layers:
            x = layer(x, memory, *masks)
        return x if self.norm is None else self.norm(x)


class Transformer(nn.Module):
    """``mindspore.nn.Transformer`` on PyTorch.

    It does not remember custom stacks as arguments, since MindSpore's constructor gives their
    parameters new values; they are converted as its children.
    """

    converted_children = ("encoder", "decoder")

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Union[str, Any] = "relu",
        custom_encoder: Optional[Any] = None,
        custom_decoder: Optional[Any] = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        dtype: Any = None,
    ) -> None:
        given = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        super().__init__()
        del dtype
        self.apimap_arguments = {**given, "custom_encoder": None, "custom_decoder": None}
        size = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps)
        layer = (*size, batch_first, norm_first)
        self.encoder: Any = custom_encoder
        self.decoder: Any = custom_decoder
        if custom_encoder is None:
            block: Any = TransformerEncoderLayer(*layer)
            norm = nn.LayerNorm(d_model, layer_norm_eps)
            self.encoder = TransformerEncoder(block, num_encoder_layers, norm)
        if custom_decoder is None:
            block = nn.TransformerDecoderLayer(*layer)
            norm = nn.LayerNorm(d_model, layer_norm_eps)
            self.decoder = TransformerDecoder(block, num_decoder_layers, norm)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.xavier_uniform_(parameter)
        self.d_model, self.batch_first = d_model, batch_first

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
    ) -> Any:
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ValueError("the number of features of src and tgt must be d_model")
        memory = self.encoder(src, src_mask, src_key_padding_mask)
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        return self.decoder(tgt, memory, *masks)
