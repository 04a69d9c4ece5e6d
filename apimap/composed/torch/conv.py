"""MindSpore's convolutions on PyTorch, with every pad_mode."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from apimap.composed import keeps_arguments
from apimap.rules.conv import Size, mode_of, per_axis, sides


def on_axes(value: Size, axes: int) -> tuple[int, ...]:
    """One integer for each axis."""
    return tuple(item for item, _ in per_axis(value, (0,) * axes))


def pairs_on_axes(padding: Size, axes: int) -> list[tuple[int, int]]:
    """MindSpore's padding as (before, after) for each axis."""
    pairs = sides(padding)
    return pairs * axes if len(pairs) == 1 else pairs


def fill_uniform(weight: Tensor, bias: Tensor | None) -> None:
    """The values both frameworks draw for a convolution."""
    fan_in = math.prod(weight.shape[1:])
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    for tensor in (weight, bias):
        if tensor is not None:
            nn.init.uniform_(tensor, -bound, bound)


def refuse_channels_last(data_format: str, expected: str) -> None:
    """MindSpore's other layout runs on its GPU backend only."""
    if data_format != expected:
        raise ValueError(f"data_format is {expected!r} only, not {data_format!r}")


class _Conv(nn.Module):
    def __init__(
        self,
        channels: tuple[int, int, int],
        shape: tuple[Size, Size, Size],
        pad_mode: str,
        padding: Size,
        has_bias: bool,
        axes: int,
    ) -> None:
        super().__init__()
        in_channels, out_channels, self.group = channels
        size, self.stride, self.dilation = (on_axes(value, axes) for value in shape)
        self.mode = mode_of(pad_mode, padding)
        self.pads = pairs_on_axes(padding, axes)
        unit = (1,) if axes == 1 else ()
        kernel = (out_channels, in_channels // self.group, *unit, *size)
        self.weight = nn.Parameter(torch.empty(kernel))
        self.bias = nn.Parameter(torch.empty(out_channels)) if has_bias else None
        fill_uniform(self.weight, self.bias)
        self.reach = [gap * (width - 1) for gap, width in zip(self.dilation, size, strict=True)]
        self.convolve = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[axes]

    def _amounts(self, x: Tensor) -> list[tuple[int, int]]:
        if self.mode != "same":
            return self.pads
        lengths = x.shape[-len(self.stride) :]
        pairs = []
        for length, step, reach in zip(lengths, self.stride, self.reach, strict=True):
            total = max((math.ceil(length / step) - 1) * step + reach + 1 - length, 0)
            pairs.append((total // 2, total - total // 2))
        return pairs

    def forward(self, x: Tensor) -> Tensor:
        pairs = self._amounts(x)
        inner = tuple(min(pair) for pair in pairs)
        if any(before != after for before, after in pairs):
            outer = [
                amount - low
                for low, pair in reversed(list(zip(inner, pairs, strict=True)))
                for amount in pair
            ]
            x = F.pad(x, outer)
        weight = self.weight.squeeze(2) if len(pairs) == 1 else self.weight
        result: Tensor = self.convolve(
            x, weight, self.bias, self.stride, inner, self.dilation, self.group
        )
        return result


@keeps_arguments
class Conv1d(_Conv):
    """``mindspore.nn.Conv1d`` on PyTorch."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        pad_mode: str = "same",
        padding: int = 0,
        dilation: int = 1,
        group: int = 1,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        dtype: Any = None,
    ) -> None:
        del weight_init, bias_init, dtype
        shape = (kernel_size, stride, dilation)
        super().__init__((in_channels, out_channels, group), shape, pad_mode, padding, has_bias, 1)


@keeps_arguments
class Conv2d(_Conv):
    """``mindspore.nn.Conv2d`` on PyTorch."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        pad_mode: str = "same",
        padding: Size = 0,
        dilation: Size = 1,
        group: int = 1,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        data_format: str = "NCHW",
        dtype: Any = None,
    ) -> None:
        del weight_init, bias_init, dtype
        refuse_channels_last(data_format, "NCHW")
        shape = (kernel_size, stride, dilation)
        super().__init__((in_channels, out_channels, group), shape, pad_mode, padding, has_bias, 2)


@keeps_arguments
class Conv3d(_Conv):
    """``mindspore.nn.Conv3d`` on PyTorch."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        pad_mode: str = "same",
        padding: Size = 0,
        dilation: Size = 1,
        group: int = 1,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        data_format: str = "NCDHW",
        dtype: Any = None,
    ) -> None:
        del weight_init, bias_init, dtype
        refuse_channels_last(data_format, "NCDHW")
        shape = (kernel_size, stride, dilation)
        super().__init__((in_channels, out_channels, group), shape, pad_mode, padding, has_bias, 3)
