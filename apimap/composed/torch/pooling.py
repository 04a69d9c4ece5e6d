"""MindSpore's pooling on PyTorch, with pad_mode 'same', which depends on the input's size."""

from __future__ import annotations

import math
from typing import Any, Optional

import torch
from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments
from apimap.rules.conv import Size, mode_of, per_axis

MAXIMUM: Any = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
MEAN: Any = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}


def _same_pads(shape: tuple[int, ...], kernel_size: Size, stride: Size) -> list[int]:
    """For ``torch.nn.functional.pad``: the last axis first, more at the end where it is odd."""
    axes = per_axis(kernel_size, stride, shape)
    totals = [max(0, (math.ceil(n / step) - 1) * step + k - n) for k, step, n in axes]
    return [amount for total in reversed(totals) for amount in (total // 2, total - total // 2)]


class _Pool(nn.Module):
    axes = 0

    def _set(self, kernel_size: Size, stride: Size, pad_mode: str, padding: Size) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.is_same = mode_of(pad_mode, padding) == "same"

    def _padded(self, x: Any, value: float) -> Any:
        pads = _same_pads(tuple(x.shape[-self.axes :]), self.kernel_size, self.stride)
        return functional.pad(x, pads, value=value)


def _check_format(data_format: str) -> None:
    if data_format != "NCHW":
        raise ValueError(f"data_format must be 'NCHW', not {data_format!r}")


class _MaxPool(_Pool):
    def __init__(
        self,
        kernel_size: Size = 1,
        stride: Size = 1,
        pad_mode: str = "valid",
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self._set(kernel_size, stride, pad_mode, padding)
        self.rest: dict[str, Any] = {
            "dilation": dilation,
            "return_indices": return_indices,
            "ceil_mode": ceil_mode,
        }

    def forward(self, x: Any) -> Any:
        if self.is_same:
            x = self._padded(x, -math.inf)
        return MAXIMUM[self.axes](x, self.kernel_size, self.stride, self.padding, **self.rest)


@keeps_arguments
class MaxPool1d(_MaxPool):
    """``mindspore.nn.MaxPool1d`` on PyTorch."""

    axes = 1


@keeps_arguments
class MaxPool2d(_MaxPool):
    """``mindspore.nn.MaxPool2d`` on PyTorch."""

    axes = 2

    def __init__(
        self,
        kernel_size: Size = 1,
        stride: Size = 1,
        pad_mode: str = "valid",
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
        data_format: str = "NCHW",
    ) -> None:
        given = (kernel_size, stride, pad_mode, padding, dilation, return_indices, ceil_mode)
        super().__init__(*given)
        _check_format(data_format)


@keeps_arguments
class MaxPool3d(_MaxPool):
    """``mindspore.nn.MaxPool3d`` on PyTorch."""

    axes = 3


class _AvgPool(_Pool):
    """MindSpore has two kernels: with pad_mode 'same' one leaves the padding out of the mean.

    The other one does what count_include_pad says, and is taken where an argument needs it.
    """

    def _set_mean(self, ceil_mode: bool, include: bool, divisor: Optional[int]) -> None:
        self.rest: dict[str, Any] = {"ceil_mode": ceil_mode, "count_include_pad": include}
        if self.axes > 1:
            self.rest["divisor_override"] = divisor
        self.divisor = divisor
        self.includes = include and (self.axes == 3 or ceil_mode or divisor is not None)

    def forward(self, x: Any) -> Any:
        if self.is_same:
            return self._same(x)
        return MEAN[self.axes](x, self.kernel_size, self.stride, self.padding, **self.rest)

    def _same(self, x: Any) -> Any:
        size, step, mean_of = self.kernel_size, self.stride, MEAN[self.axes]
        divisor = {} if self.divisor is None else {"divisor_override": self.divisor}
        mean = mean_of(self._padded(x, 0.0), size, step, **divisor)
        if self.includes:
            return mean
        inside = self._padded(x.new_ones((1, *x.shape[-self.axes :])), 0.0)
        return mean / mean_of(inside, size, step)


@keeps_arguments
class AvgPool1d(_AvgPool):
    """``mindspore.nn.AvgPool1d`` on PyTorch."""

    axes = 1

    def __init__(
        self,
        kernel_size: Size = 1,
        stride: Size = 1,
        pad_mode: str = "valid",
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self._set(kernel_size, stride, pad_mode, padding)
        self._set_mean(ceil_mode, count_include_pad, None)


@keeps_arguments
class AvgPool2d(_AvgPool):
    """``mindspore.nn.AvgPool2d`` on PyTorch."""

    axes = 2

    def __init__(
        self,
        kernel_size: Size = 1,
        stride: Size = 1,
        pad_mode: str = "valid",
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Optional[int] = None,
        data_format: str = "NCHW",
    ) -> None:
        super().__init__()
        _check_format(data_format)
        self._set(kernel_size, stride, pad_mode, padding)
        self._set_mean(ceil_mode, count_include_pad, divisor_override)


@keeps_arguments
class AvgPool3d(_AvgPool):
    """``mindspore.nn.AvgPool3d`` on PyTorch."""

    axes = 3

    def __init__(
        self,
        kernel_size: Size = 1,
        stride: Size = 1,
        pad_mode: str = "valid",
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Optional[int] = None,
    ) -> None:
        super().__init__()
        self._set(kernel_size, stride, pad_mode, padding)
        self._set_mean(ceil_mode, count_include_pad, divisor_override)


@keeps_arguments
class AdaptiveMaxPool3d(nn.Module):
    """``mindspore.nn.AdaptiveMaxPool3d`` on PyTorch, with int32 indices."""

    def __init__(self, output_size: Size, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Any) -> Any:
        found: Any = functional.adaptive_max_pool3d(input, self.output_size, return_indices=True)
        values, indices = found
        return (values, indices.to(torch.int32)) if self.return_indices else values


class _FractionalMaxPool(nn.Module):
    """MindSpore's output_size goes before output_ratio, where PyTorch refuses both together."""

    axes = 0

    def __init__(
        self,
        kernel_size: Size,
        output_size: Optional[Size] = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.output_size = kernel_size, output_size
        ratio = (output_ratio,) * self.axes if isinstance(output_ratio, float) else output_ratio
        self.output_ratio = ratio if output_size is None else None
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, input: Any) -> Any:
        functions: Any = {2: functional.fractional_max_pool2d, 3: functional.fractional_max_pool3d}
        sizes = (self.kernel_size, self.output_size, self.output_ratio)
        return functions[self.axes](
            input, *sizes, self.return_indices, _random_samples=self._random_samples
        )


@keeps_arguments
class FractionalMaxPool2d(_FractionalMaxPool):
    """``mindspore.nn.FractionalMaxPool2d`` on PyTorch."""

    axes = 2


@keeps_arguments
class FractionalMaxPool3d(_FractionalMaxPool):
    """``mindspore.nn.FractionalMaxPool3d`` on PyTorch."""

    axes = 3
