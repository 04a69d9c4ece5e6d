"""MindSpore's Dense with an activation, and its Embedding by one-hot rows, on PyTorch."""

from __future__ import annotations

import math
from typing import Any, Optional, Union

import torch
from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments

ACTIVATIONS: dict[str, Any] = {
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": lambda: nn.GELU("tanh"),
    "softmax": lambda: nn.Softmax(-1),
}


def _activation(activation: Union[str, Any, None]) -> Any:
    if not isinstance(activation, str):
        return activation
    if activation.lower() not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {list(ACTIVATIONS)}, not {activation!r}")
    return ACTIVATIONS[activation.lower()]()


@keeps_arguments
class Dense(nn.Module):
    """``mindspore.nn.Dense`` on PyTorch: its activation sees the batch axes as one."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        weight_init: Any = None,
        bias_init: Any = None,
        has_bias: bool = True,
        activation: Optional[Any] = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del weight_init, bias_init, dtype
        bound = 1 / math.sqrt(in_channels)
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels).uniform_(-bound, bound))
        self.bias = None
        if has_bias:
            self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-bound, bound))
        self.activation = _activation(activation)

    def forward(self, x: Any) -> Any:
        result = functional.linear(x, self.weight, self.bias)
        if self.activation is None:
            return result
        flat = self.activation(result.reshape(-1, result.shape[-1]))
        return flat.reshape((*result.shape[:-1], flat.shape[-1]))


@keeps_arguments
class Embedding(nn.Module):
    """``mindspore.nn.Embedding`` on PyTorch, also by one-hot rows."""

    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        use_one_hot: bool = False,
        embedding_table: Any = "normal",
        dtype: Any = None,
        padding_idx: Optional[int] = None,
    ) -> None:
        super().__init__()
        del embedding_table, dtype
        self.use_one_hot = use_one_hot
        table = torch.empty(vocab_size, embedding_size).normal_(0, 0.01)
        if padding_idx is not None:
            table[padding_idx] = 0
        self.embedding_table = nn.Parameter(table)

    def forward(self, ids: Any) -> Any:
        if not self.use_one_hot:
            return functional.embedding(ids, self.embedding_table)
        rows = torch.arange(len(self.embedding_table), device=ids.device)
        one_hot = (ids.reshape(-1, 1) == rows).to(self.embedding_table.dtype)
        return (one_hot @ self.embedding_table).reshape((*ids.shape, -1))
