"""PyTorch's normalizations on MindSpore, where MindSpore's own layers lack something."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Optional, Union

import mindspore
from mindspore import Parameter, nn, ops
from mindspore.common.initializer import initializer

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.empty import empty_result
from apimap.rules.norm import shape_of


def _affine(cell: Any, shape: tuple[int, ...], weight: bool, bias: bool) -> None:
    cell.weight = Parameter(initializer("ones", shape), name="weight") if weight else None
    cell.bias = Parameter(initializer("zeros", shape), name="bias") if bias else None


def _statistics(cell: Any, size: int, tracked: bool) -> None:
    def frozen(values: str, shape: Sequence[int], dtype: Any, name: str) -> Any:
        return Parameter(initializer(values, shape, dtype), name=name, requires_grad=False)

    single, integer = mindspore.float32, mindspore.int64
    cell.running_mean = frozen("zeros", [size], single, "running_mean") if tracked else None
    cell.running_var = frozen("ones", [size], single, "running_var") if tracked else None
    cell.num_batches_tracked = (
        frozen("zeros", [], integer, "num_batches_tracked") if tracked else None
    )


def _scalar(value: float, dtype: Any) -> Any:
    """A number beside a float64 tensor would be rounded to float32 first (MindSpore 2.10)."""
    return mindspore.Tensor(value, dtype)


class _Norm(nn.Cell):
    """What normalizations with running statistics share."""

    def _moved(self, old: Any, new: Any, share: Any) -> Any:
        kept = old.astype(new.dtype)
        return (kept + (new - kept) * share).astype(old.dtype)

    def _move_statistics(self, mean: Any, variance: Any, share: Any) -> None:
        mean, variance = ops.stop_gradient(mean), ops.stop_gradient(variance)
        ops.assign(self.running_mean, self._moved(self.running_mean, mean, share))
        ops.assign(self.running_var, self._moved(self.running_var, variance, share))

    def _normalized(self, x: Any, mean: Any, variance: Any) -> Any:
        """The mean and variance have a unit axis for each axis that they were taken over."""
        result = (x - mean) / ops.sqrt(variance + _scalar(self.eps, x.dtype))
        shape = (1, -1) + (1,) * (x.ndim - 2)
        if self.weight is not None:
            result = result * self.weight.astype(x.dtype).reshape(shape)
        if self.bias is not None:
            result = result + self.bias.astype(x.dtype).reshape(shape)
        return result

    def _by_running_statistics(self, x: Any) -> Any:
        shape = (1, -1) + (1,) * (x.ndim - 2)
        mean = self.running_mean.astype(x.dtype).reshape(shape)
        return self._normalized(x, mean, self.running_var.astype(x.dtype).reshape(shape))


class _BatchNorm(_Norm):
    ranks: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: Optional[float] = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        del device, dtype
        self.eps, self.momentum, self.tracked = eps, momentum, track_running_stats
        _affine(self, (num_features,), affine, affine and bias)
        _statistics(self, num_features, track_running_stats)

    def construct(self, input: Any) -> Any:
        if input.ndim not in self.ranks:
            raise ValueError(f"expected an input of rank {self.ranks}, got {input.ndim}")
        x = input.astype(mindspore.float32) if input.dtype == mindspore.float16 else input
        if self.tracked and not self.training:
            return self._by_running_statistics(x).astype(input.dtype)
        return self._by_batch(x).astype(input.dtype)

    def _by_batch(self, x: Any) -> Any:
        axes = (0, *range(2, x.ndim))
        count = math.prod(x.shape) // x.shape[1]
        if self.training and count == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got {x.shape}")
        mean = ops.mean(x, axes, True)
        variance = ops.mean(ops.square(x - mean), axes, True)
        if self.training and self.tracked:
            ops.assign(self.num_batches_tracked, self.num_batches_tracked + 1)
            if self.momentum is None:
                share = 1.0 / self.num_batches_tracked.astype(x.dtype)
            else:
                share = _scalar(self.momentum, x.dtype)
            unbiased = variance.reshape(-1) * _scalar(count / (count - 1), x.dtype)
            self._move_statistics(mean.reshape(-1), unbiased, share)
        return self._normalized(x, mean, variance)


@keeps_arguments
class BatchNorm1d(_BatchNorm):
    """``torch.nn.BatchNorm1d`` on MindSpore."""

    ranks = (2, 3)


@keeps_arguments
class BatchNorm2d(_BatchNorm):
    """``torch.nn.BatchNorm2d`` on MindSpore."""

    ranks = (4,)


@keeps_arguments
class BatchNorm3d(_BatchNorm):
    """``torch.nn.BatchNorm3d`` on MindSpore."""

    ranks = (5,)


@keeps_arguments
class InstanceNorm2d(_Norm):
    """``torch.nn.InstanceNorm2d`` on MindSpore: a GroupNorm with one channel in each group."""

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
        _affine(self, (num_features,), affine, affine and bias)
        _statistics(self, num_features, track_running_stats)

    def construct(self, input: Any) -> Any:
        x = input.expand_dims(0) if input.ndim == 3 else input
        if self.tracked and not self.training:
            result = self._by_running_statistics(x)
        else:
            result = self._by_instance(x)
        return result.squeeze(0) if input.ndim == 3 else result

    def _by_instance(self, x: Any) -> Any:
        count = x.shape[2] * x.shape[3]
        if count == 1:
            raise ValueError(f"Expected more than 1 spatial element when training, got {x.shape}")
        if self.training and self.tracked:
            wide = x.astype(mindspore.float32) if x.dtype == mindspore.float16 else x
            mean = ops.mean(wide, (2, 3), True)
            unbiased = ops.mean(ops.square(wide - mean), (0, 2, 3)) * _scalar(
                count / (count - 1), wide.dtype
            )
            share = _scalar(self.momentum, wide.dtype)
            self._move_statistics(ops.mean(mean, (0, 2, 3)), unbiased, share)
        return _group_norm(x, x.shape[1], self.weight, self.bias, self.eps)


def _group_norm(x: Any, groups: int, weight: Any, bias: Any, eps: float) -> Any:
    channels = x.shape[1]
    weight = ops.ones((channels,), x.dtype) if weight is None else weight.astype(x.dtype)
    bias = ops.zeros((channels,), x.dtype) if bias is None else bias.astype(x.dtype)
    return ops.group_norm(x, groups, weight, bias, eps)


@keeps_arguments
class GroupNorm(nn.Cell):
    """``torch.nn.GroupNorm`` on MindSpore, also without a bias."""

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
        self.num_groups, self.eps = num_groups, float(eps)
        _affine(self, (num_channels,), affine, affine and bias)

    def construct(self, input: Any) -> Any:
        return _group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


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
        _affine(self, self.normalized_shape, elementwise_affine, elementwise_affine and bias)
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
