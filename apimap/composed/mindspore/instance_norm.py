"""PyTorch's group and instance normalizations on MindSpore."""

from __future__ import annotations

import math
from typing import Any, Optional

import mindspore
from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.empty import empty_result
from apimap.composed.mindspore.norm import RunningNorm, affine_parameters, scalar, statistics

_product, _add_bias = ops.MatMul(), ops.BiasAdd()


def _group_norm(x: Any, groups: int, weight: Any, bias: Any, eps: float) -> Any:
    """By products with rows and columns of ones.

    In a graph MindSpore 2.10's kernel takes 2.5 times as long on CPU; outside of one, as long.
    """
    batch, channels = x.shape[:2]
    kind = mindspore.float32 if x.dtype == mindspore.float16 else x.dtype
    weight = ops.ones((channels,), kind) if weight is None else weight.astype(kind)
    bias = ops.zeros((channels,), kind) if bias is None else bias.astype(kind)
    if x.size == 0:
        return empty_result(x.shape, (weight.sum() + bias.sum()).astype(x.dtype))
    size, share = x.size // (batch * groups), channels // groups
    places = size // share
    column = ops.ones((size, 1), kind) * scalar(1 / size, kind)
    rows = x.astype(kind).reshape((batch * groups, size))
    centred = rows - _product(_product(rows, column), ops.ones((1, size), kind))
    variance = _product(centred * centred, column)
    inverse = ops.rsqrt(variance + scalar(eps, kind))
    scale = _product(inverse, ops.ones((1, share), kind)).reshape((batch, channels)) * weight
    scales = _product(scale.reshape((-1, 1)), ops.ones((1, places), kind))
    result = centred.reshape((-1, places)) * scales
    result = _add_bias(result.reshape((batch, channels, places, 1)), bias)
    return result.reshape(x.shape).astype(x.dtype)


@keeps_arguments
class GroupNorm(nn.Cell):
    """``torch.nn.GroupNorm`` on MindSpore, also without a bias and for empty inputs."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        del device, dtype
        if num_channels % num_groups:
            raise ValueError("num_channels must be divisible by num_groups")
        self.num_groups, self.eps = num_groups, float(eps)
        affine_parameters(self, (num_channels,), affine, affine and bias)

    def construct(self, input: Any) -> Any:
        return _group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


class _InstanceNorm(RunningNorm):
    """A group normalization with one channel in each group."""

    axes = 0

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: Optional[float] = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        del device, dtype
        self.eps, self.tracked = float(eps), track_running_stats
        self.momentum = 0.0 if momentum is None else momentum
        self.unbatched_rank = self.axes + 1
        affine_parameters(self, (num_features,), affine, affine and bias)
        statistics(self, num_features, track_running_stats)

    def construct(self, input: Any) -> Any:
        if input.ndim not in (self.unbatched_rank, self.unbatched_rank + 1):
            raise ValueError(f"expected an input of rank {self.unbatched_rank} or one more")
        x = input.expand_dims(0) if input.ndim == self.unbatched_rank else input
        if self.tracked and not self.training:
            result = self.by_running_statistics(x)
        else:
            result = self._by_instance(x)
        return result.squeeze(0) if input.ndim == self.unbatched_rank else result

    def _by_instance(self, x: Any) -> Any:
        count = math.prod(x.shape[2:])
        if count == 1:
            raise ValueError(f"Expected more than 1 spatial element when training, got {x.shape}")
        if self.training and self.tracked:
            self._track(x.astype(mindspore.float32) if x.dtype == mindspore.float16 else x, count)
        return _group_norm(x, x.shape[1], self.weight, self.bias, self.eps)

    def _track(self, x: Any, count: int) -> None:
        if x.size == 0:
            # As in PyTorch; a constant of NaN is 0 under ms.jit (MindSpore 2.10).
            zeros = ops.zeros_like(self.running_mean)
            self.move_statistics(zeros / zeros, zeros / zeros, scalar(1.0, zeros.dtype))
            return
        within = tuple(range(2, x.ndim))
        mean = ops.mean(x, within, True)
        unbiased = ops.mean(ops.square(x - mean), (0, *within)) * scalar(
            count / (count - 1), x.dtype
        )
        share = scalar(self.momentum, x.dtype)
        self.move_statistics(ops.mean(mean, (0, *within)), unbiased, share)


@keeps_arguments
class InstanceNorm1d(_InstanceNorm):
    """``torch.nn.InstanceNorm1d`` on MindSpore."""

    axes = 1


@keeps_arguments
class InstanceNorm2d(_InstanceNorm):
    """``torch.nn.InstanceNorm2d`` on MindSpore."""

    axes = 2


@keeps_arguments
class InstanceNorm3d(_InstanceNorm):
    """``torch.nn.InstanceNorm3d`` on MindSpore."""

    axes = 3
