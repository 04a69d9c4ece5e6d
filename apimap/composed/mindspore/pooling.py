"""PyTorch's pooling on MindSpore, where MindSpore's own layers lack something."""

from __future__ import annotations

import math
from typing import Any, Optional, Union

from mindspore import Parameter, nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.adapted import padded, without_elements
from apimap.rules.conv import Size, shortest

Sizes = Union[int, tuple[Optional[int], ...]]


def _single(size: Any) -> int:
    """The integer, also where it is the only item of a tuple."""
    return int(size) if isinstance(size, int) else int(size[0])


class _Adaptive1d(nn.Cell):
    """Pools a plane of one row, since MindSpore's own takes only sizes that divide the input's."""

    def _as_plane(self, x: Any) -> Any:
        return x.expand_dims(-2)

    def _pooled(self, x: Any) -> Any:
        raise NotImplementedError

    def construct(self, input: Any) -> Any:
        if input.ndim not in (2, 3):
            raise ValueError(f"expected a 2D or 3D input, got {input.ndim}D")
        if input.size == 0:
            return without_elements(self._pooled(padded(input)), input)
        return self._pooled(input)


@keeps_arguments
class AdaptiveAvgPool1d(_Adaptive1d):
    """``torch.nn.AdaptiveAvgPool1d`` on MindSpore."""

    def __init__(self, output_size: Sizes) -> None:
        super().__init__()
        self.pool = ops.AdaptiveAvgPool2D((1, _single(output_size)))

    def _pooled(self, x: Any) -> Any:
        return self.pool(self._as_plane(x)).squeeze(-2)


@keeps_arguments
class AdaptiveMaxPool1d(_Adaptive1d):
    """``torch.nn.AdaptiveMaxPool1d`` on MindSpore."""

    def __init__(self, output_size: Sizes, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = (1, _single(output_size)), return_indices

    def _pooled(self, x: Any) -> Any:
        found = ops.adaptive_max_pool2d(self._as_plane(x), self.output_size, True)
        values = found[0].squeeze(-2)
        return (values, found[1].squeeze(-2)) if self.return_indices else values


@keeps_arguments
class AdaptiveMaxPool3d(nn.Cell):
    """``torch.nn.AdaptiveMaxPool3d`` on MindSpore: with int64 indices and None in output_size."""

    def __init__(self, output_size: Sizes, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = (output_size,) * 3 if isinstance(output_size, int) else output_size
        self.return_indices = return_indices

    def construct(self, input: Any) -> Any:
        if input.size == 0:
            return without_elements(self._pooled(padded(input)), input)
        return self._pooled(input)

    def _pooled(self, x: Any) -> Any:
        sizes = self.output_size
        full = tuple([x.shape[i - 3] if sizes[i] is None else sizes[i] for i in range(3)])
        found = ops.adaptive_max_pool3d(x, full, True)
        return (found[0], found[1].astype("int64")) if self.return_indices else found[0]


class _LPPool(nn.Cell):
    """The mean of powers, times the number of elements, to the power's inverse.

    PyTorch's gradient is zero where a window's sum is zero, which ``ops.where`` sees to.
    """

    axes = 0

    def __init__(
        self,
        norm_type: float,
        kernel_size: Size,
        stride: Optional[Size] = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type = float(norm_type)
        size, step = (_plain(v) for v in (kernel_size, stride or kernel_size))
        self.count = size**self.axes if isinstance(size, int) else math.prod(size)
        self.has_limit = math.isinf(self.norm_type)
        self.is_least = self.norm_type < 0
        mode = "pad" if ceil_mode or self.axes == 1 else "valid"
        self.pool = _pool(self.axes, self.has_limit, size, step, mode, ceil_mode)
        self.at_zero = math.inf if self.is_least else 0.0

    def construct(self, input: Any) -> Any:
        if input.ndim not in (self.axes + 1, self.axes + 2):
            raise ValueError(f"expected a {self.axes + 2}D input, got {input.ndim}D")
        if input.size == 0:
            return without_elements(self._pooled(padded(input)), input)
        return self._pooled(input)

    def _pooled(self, x: Any) -> Any:
        if self.has_limit:
            return -self.pool(-ops.abs(x)) if self.is_least else self.pool(ops.abs(x))
        mean = self.pool(x.pow(self.norm_type))
        is_zero = mean == 0
        total = ops.where(is_zero, ops.ones_like(mean), mean) * self.count
        zero = ops.full_like(mean, self.at_zero)
        return ops.where(is_zero, zero, total.pow(1.0 / self.norm_type))


def _plain(size: Size) -> Any:
    return size if isinstance(size, int) else shortest(size)


def _pool(axes: int, is_maximum: bool, size: Any, step: Any, mode: str, ceil_mode: bool) -> Any:
    """A pooling whose kernel is exact for infinities and NaN too."""
    if is_maximum:
        maxima: Any = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
        gap: Any = (1, 1, 1) if axes == 3 else 1
        return maxima[axes](size, step, "pad", 0, gap, False, ceil_mode)
    means: Any = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
    return means[axes](size, step, mode, 0, ceil_mode)


@keeps_arguments
class LPPool1d(_LPPool):
    """``torch.nn.LPPool1d`` on MindSpore."""

    axes = 1


@keeps_arguments
class LPPool2d(_LPPool):
    """``torch.nn.LPPool2d`` on MindSpore."""

    axes = 2


@keeps_arguments
class LPPool3d(_LPPool):
    """``torch.nn.LPPool3d`` on MindSpore."""

    axes = 3


@keeps_arguments
class FractionalMaxPool2d(nn.Cell):
    """``torch.nn.FractionalMaxPool2d`` on MindSpore.

    MindSpore's own kernel finds the places of the maxima, and has no gradient on CPU, so the
    values are gathered from there.
    """

    def __init__(
        self,
        kernel_size: Size,
        output_size: Optional[Size] = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.return_indices = kernel_size, return_indices
        self.output_size, self.output_ratio = output_size, output_ratio
        samples = _random_samples
        if samples is not None:
            samples = Parameter(samples, name="_random_samples", requires_grad=False)
        self._random_samples = samples

    def construct(self, input: Any) -> Any:
        found = ops.fractional_max_pool2d(
            ops.stop_gradient(input),
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            True,
            self._random_samples,
        )
        places = found[1]
        lines = input.reshape((*input.shape[:-2], -1))
        values = ops.gather_elements(lines, -1, places.reshape((*places.shape[:-2], -1)))
        values = values.reshape(places.shape)
        return (values, places) if self.return_indices else values
