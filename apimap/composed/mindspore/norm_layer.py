"""PyTorch's LayerNorm and RMSNorm on MindSpore."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Optional, Union

import mindspore
import numpy as np
from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.empty import empty_result
from apimap.composed.mindspore.norm import affine_parameters, scalar
from apimap.rules.norm import shape_of


@keeps_arguments
class LayerNorm(nn.Cell):
    """``torch.nn.LayerNorm`` on MindSpore: several axes are normalized as one."""

    def __init__(
        self,
        normalized_shape: Union[int, Sequence[int]],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        self.normalized_shape = shape_of(normalized_shape)
        self.size = math.prod(self.normalized_shape)
        affine_parameters(
            self, self.normalized_shape, elementwise_affine, elementwise_affine and bias
        )
        self.normalize = ops.LayerNorm(-1, -1, float(eps))

    def construct(self, input: Any) -> Any:
        rank = input.ndim - len(self.normalized_shape)
        if input.shape[rank:] != self.normalized_shape:
            raise ValueError(f"expected an input that ends in {self.normalized_shape}")
        weight = _flat(self.weight, ops.ones, self.size, input.dtype)
        bias = _flat(self.bias, ops.zeros, self.size, input.dtype)
        if input.size == 0:
            return empty_result(input.shape, weight.sum() + bias.sum())
        x = input.reshape((*input.shape[:rank], self.size))
        return self.normalize(x, weight, bias)[0].reshape(input.shape)


def _flat(parameter: Any, default: Any, size: int, dtype: Any) -> Any:
    """The parameter with one axis, or its default."""
    if parameter is None:
        return default((size,), dtype)
    return parameter.astype(dtype).reshape((size,))


@keeps_arguments
class RMSNorm(nn.Cell):
    """``torch.nn.RMSNorm`` on MindSpore."""

    def __init__(
        self,
        normalized_shape: Union[int, Sequence[int]],
        eps: Optional[float] = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        self.normalized_shape = shape_of(normalized_shape)
        self.axes = tuple(range(-len(self.normalized_shape), 0))
        self.eps = float(np.finfo(np.float32).eps) if eps is None else float(eps)
        self.eps64 = float(np.finfo(np.float64).eps) if eps is None else float(eps)
        affine_parameters(self, self.normalized_shape, elementwise_affine, False)

    def construct(self, input: Any) -> Any:
        rank = input.ndim - len(self.normalized_shape)
        if input.shape[rank:] != self.normalized_shape:
            raise ValueError(f"expected an input that ends in {self.normalized_shape}")
        if input.size == 0:
            total = input.sum() if self.weight is None else self.weight.sum()
            return empty_result(input.shape, total.astype(input.dtype))
        x = input.astype(mindspore.float32) if input.dtype == mindspore.float16 else input
        eps = self.eps64 if x.dtype == mindspore.float64 else self.eps
        squares = ops.mean(x * x, self.axes, True)
        result = x * ops.rsqrt(squares + scalar(eps, x.dtype))
        if self.weight is not None:
            result = result * self.weight.astype(x.dtype)
        return result.astype(input.dtype)
