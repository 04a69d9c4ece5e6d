"""MindSpore's pooling on PyTorch, with pad_mode 'same', which depends on the input's size."""

from __future__ import annotations

import math
from typing import Any, Optional

from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments
from apimap.rules.conv import Size, mode_of, per_axis


def _same_pads(shape: tuple[int, ...], kernel_size: Size, stride: Size) -> list[int]:
    """For ``torch.nn.functional.pad``: the last axis first, more at the end where it is odd."""
    axes = per_axis(kernel_size, stride, shape)
    totals = [max(0, (math.ceil(n / step) - 1) * step + k - n) for k, step, n in axes]
    return [amount for total in reversed(totals) for amount in (total // 2, total - total // 2)]


class _Pool(nn.Module):
    def __init__(
        self, kernel_size: Size, stride: Size, pad_mode: str, padding: Size, data_format: str
    ) -> None:
        super().__init__()
        if data_format != "NCHW":
            raise ValueError(f"data_format must be 'NCHW', not {data_format!r}")
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.is_same = mode_of(pad_mode, padding) == "same"

    def _padded(self, x: Any, value: float) -> Any:
        pads = _same_pads(tuple(x.shape[-2:]), self.kernel_size, self.stride)
        return functional.pad(x, pads, value=value)


@keeps_arguments
class MaxPool2d(_Pool):
    """``mindspore.nn.MaxPool2d`` on PyTorch."""

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
        super().__init__(kernel_size, stride, pad_mode, padding, data_format)
        self.rest: dict[str, Any] = {
            "dilation": dilation,
            "return_indices": return_indices,
            "ceil_mode": ceil_mode,
        }

    def forward(self, x: Any) -> Any:
        if self.is_same:
            x = self._padded(x, -math.inf)
        return functional.max_pool2d(x, self.kernel_size, self.stride, self.padding, **self.rest)


@keeps_arguments
class AvgPool2d(_Pool):
    """``mindspore.nn.AvgPool2d`` on PyTorch.

    MindSpore's pad_mode 'same' leaves the padding out of the mean, unless ceil_mode or
    divisor_override makes it another kernel, which asks count_include_pad.
    """

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
        super().__init__(kernel_size, stride, pad_mode, padding, data_format)
        self.ceil_mode, self.divisor_override = ceil_mode, divisor_override
        self.count_include_pad = count_include_pad
        self.includes = count_include_pad and (ceil_mode or divisor_override is not None)

    def forward(self, x: Any) -> Any:
        if self.is_same:
            return self._same(x)
        return functional.avg_pool2d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def _same(self, x: Any) -> Any:
        size, step = self.kernel_size, self.stride
        divisor = self.divisor_override
        mean = functional.avg_pool2d(self._padded(x, 0.0), size, step, divisor_override=divisor)
        if self.includes:
            return mean
        inside = self._padded(x.new_ones((1, *x.shape[-2:])), 0.0)
        return mean / functional.avg_pool2d(inside, size, step)
