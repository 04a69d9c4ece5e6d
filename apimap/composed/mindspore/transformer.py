"""PyTorch's Transformer encoder and decoder layers on MindSpore.

Their sublayers may be whatever apimap converts: they are replaced by the source's own.
"""

from __future__ import annotations

import math
from typing import Any, Union

from mindspore import nn, ops
from mindspore.common.initializer import HeUniform, Uniform

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.attention import MultiheadAttention
from apimap.composed.mindspore.dropout import Dropout
from apimap.composed.mindspore.norm_layer import LayerNorm
from apimap.rules.attention import activation_word


def _gelu(x: Any) -> Any:
    return ops.gelu(x, approximate="none")


def activation_of(activation: Union[str, Any]) -> Any:
    """The function of a word, or of PyTorch's own function; a cell as it is."""
    word = activation_word(activation)
    if word == "relu":
        return ops.relu
    if word == "gelu":
        return _gelu
    if not isinstance(word, nn.Cell):
        raise ValueError(f"activation should be relu, gelu or a layer, not {activation!r}")
    return word


def _linear(inputs: int, outputs: int, bias: bool) -> Any:
    bound = 1 / math.sqrt(inputs)
    return nn.Dense(inputs, outputs, HeUniform(math.sqrt(5)), Uniform(bound), has_bias=bias)


class _Layer(nn.Cell):
    """What both layers share; ``norms`` is how many blocks there are."""

    norms = 2

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
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        if self.norms == 3:
            self.multihead_attn = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first
            )
        self.linear1 = _linear(d_model, dim_feedforward, bias)
        self.dropout = Dropout(dropout)
        self.linear2 = _linear(dim_feedforward, d_model, bias)
        self.norm_first = norm_first
        for number in range(1, self.norms + 1):
            setattr(self, f"norm{number}", LayerNorm(d_model, layer_norm_eps, bias=bias))
            setattr(self, f"dropout{number}", Dropout(dropout))
        self.activation = activation_of(activation)

    def sees_itself(self, x: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        return self.dropout1(self.self_attn(x, x, x, padding, False, mask, True, is_causal)[0])

    def feeds(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


@keeps_arguments
class TransformerEncoderLayer(_Layer):
    """``torch.nn.TransformerEncoderLayer`` on MindSpore."""

    converted_children = (
        "self_attn",
        "linear1",
        "dropout",
        "linear2",
        "norm1",
        "norm2",
        "dropout1",
        "dropout2",
    )

    def construct(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        x, masks = src, (src_mask, src_key_padding_mask, is_causal)
        if self.norm_first:
            x = x + self.sees_itself(self.norm1(x), *masks)
            return x + self.dropout2(self.feeds(self.norm2(x)))
        x = self.norm1(x + self.sees_itself(x, *masks))
        return self.norm2(x + self.dropout2(self.feeds(x)))


@keeps_arguments
class TransformerDecoderLayer(_Layer):
    """``torch.nn.TransformerDecoderLayer`` on MindSpore."""

    norms = 3
    converted_children = (
        "self_attn",
        "multihead_attn",
        "linear1",
        "dropout",
        "linear2",
        "norm1",
        "norm2",
        "norm3",
        "dropout1",
        "dropout2",
        "dropout3",
    )

    def construct(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        x, masks = tgt, (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        others = (memory_mask, memory_key_padding_mask, memory_is_causal)
        if self.norm_first:
            x = x + self.sees_itself(self.norm1(x), *masks)
            x = x + self.sees_memory(self.norm2(x), memory, *others)
            return x + self.dropout3(self.feeds(self.norm3(x)))
        x = self.norm1(x + self.sees_itself(x, *masks))
        x = self.norm2(x + self.sees_memory(x, memory, *others))
        return self.norm3(x + self.dropout3(self.feeds(x)))

    def sees_memory(self, x: Any, memory: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        seen = self.multihead_attn(x, memory, memory, padding, False, mask, True, is_causal)
        return self.dropout2(seen[0])
