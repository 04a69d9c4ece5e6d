"""PyTorch's normalizations on MindSpore, where MindSpore's own layers lack something."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Optional

import mindspore
from mindspore import Parameter, nn, ops
from mindspore.common.initializer import initializer
from mindspore.communication import get_group_size

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.empty import empty_result


def affine_parameters(cell: Any, shape: tuple[int, ...], weight: bool, bias: bool) -> None:
    """Give the cell the weight and bias that PyTorch's layer has."""
    cell.weight = Parameter(initializer("ones", shape), name="weight") if weight else None
    cell.bias = Parameter(initializer("zeros", shape), name="bias") if bias else None


def statistics(cell: Any, size: int, tracked: bool) -> None:
    """Give the cell PyTorch's running statistics, or None for each."""

    def frozen(values: str, shape: Sequence[int], dtype: Any, name: str) -> Any:
        return Parameter(initializer(values, shape, dtype), name=name, requires_grad=False)

    single, integer = mindspore.float32, mindspore.int64
    cell.running_mean = frozen("zeros", [size], single, "running_mean") if tracked else None
    cell.running_var = frozen("ones", [size], single, "running_var") if tracked else None
    cell.num_batches_tracked = (
        frozen("zeros", [], integer, "num_batches_tracked") if tracked else None
    )


def scalar(value: float, dtype: Any) -> Any:
    """A number beside a float64 tensor would be rounded to float32 first (MindSpore 2.10)."""
    return mindspore.Tensor(value, dtype)


class RunningNorm(nn.Cell):
    """What normalizations with running statistics share."""

    def _moved(self, old: Any, new: Any, share: Any) -> Any:
        kept = old.astype(new.dtype)
        return (kept + (new - kept) * share).astype(old.dtype)

    def move_statistics(self, mean: Any, variance: Any, share: Any) -> None:
        """Move the running statistics by a share of the way to the given ones."""
        mean, variance = ops.stop_gradient(mean), ops.stop_gradient(variance)
        ops.assign(self.running_mean, self._moved(self.running_mean, mean, share))
        ops.assign(self.running_var, self._moved(self.running_var, variance, share))

    def normalized(self, x: Any, mean: Any, variance: Any) -> Any:
        """The mean and variance have a unit axis for each axis that they were taken over."""
        result = (x - mean) / ops.sqrt(variance + scalar(self.eps, x.dtype))
        shape = (1, -1) + (1,) * (x.ndim - 2)
        if self.weight is not None:
            result = result * self.weight.astype(x.dtype).reshape(shape)
        if self.bias is not None:
            result = result + self.bias.astype(x.dtype).reshape(shape)
        return result

    def by_running_statistics(self, x: Any) -> Any:
        """What evaluation computes."""
        shape = (1, -1) + (1,) * (x.ndim - 2)
        mean = self.running_mean.astype(x.dtype).reshape(shape)
        return self.normalized(x, mean, self.running_var.astype(x.dtype).reshape(shape))


class _BatchNorm(RunningNorm):
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
        affine_parameters(self, (num_features,), affine, affine and bias)
        statistics(self, num_features, track_running_stats)

    def construct(self, input: Any) -> Any:
        if input.ndim not in self.ranks:
            raise ValueError(f"expected an input of rank {self.ranks}, got {input.ndim}")
        x = input.astype(mindspore.float32) if input.dtype == mindspore.float16 else input
        if self.tracked and not self.training:
            return self.by_running_statistics(x).astype(input.dtype)
        return self._by_batch(x).astype(input.dtype)

    def _nothing(self, x: Any) -> Any:
        total = scalar(0.0, x.dtype)
        if self.weight is not None:
            total = total + self.weight.sum().astype(x.dtype)
        if self.bias is not None:
            total = total + self.bias.sum().astype(x.dtype)
        return empty_result(x.shape, total)

    def _by_batch(self, x: Any) -> Any:
        axes = (0, *range(2, x.ndim))
        if self.training and self.tracked:
            ops.assign(self.num_batches_tracked, self.num_batches_tracked + 1)
        if x.size == 0:
            return self._nothing(x)
        count = math.prod(x.shape) // x.shape[1]
        if self.training and count == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got {x.shape}")
        mean = ops.mean(x, axes, True)
        variance = ops.mean(ops.square(x - mean), axes, True)
        if self.training and self.tracked:
            if self.momentum is None:
                share = 1.0 / self.num_batches_tracked.astype(x.dtype)
            else:
                share = scalar(self.momentum, x.dtype)
            unbiased = variance.reshape(-1) * scalar(count / (count - 1), x.dtype)
            self.move_statistics(mean.reshape(-1), unbiased, share)
        return self.normalized(x, mean, variance)


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
class SyncBatchNorm(_BatchNorm):
    """``torch.nn.SyncBatchNorm`` on MindSpore in one process, where nothing is synchronized."""

    ranks = (2, 3, 4, 5)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: Optional[float] = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        if process_group is not None or get_group_size() > 1:
            raise ValueError("the composed SyncBatchNorm works in one process only")
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
