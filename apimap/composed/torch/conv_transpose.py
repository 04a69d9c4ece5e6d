"""MindSpore's transposed convolutions on PyTorch, with every pad_mode and output_padding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from apimap.composed import keeps_arguments
from apimap.composed.torch.conv import fill_uniform, on_axes, refuse_channels_last
from apimap.rules.conv import Size
from apimap.rules.conv_transpose import Cut, mindspore_cuts

NO_PADDING = "MindSpore's output_padding must be smaller than either stride or dilation"


class _ConvTranspose(nn.Module):
    """What MindSpore cuts off both ends alike goes to PyTorch's padding, the rest is padded after.

    Positions past the full result hold the bias. ``appended`` zeros follow after the bias.
    """

    def __init__(
        self,
        channels: tuple[int, int, int],
        shape: tuple[Size, Size, Size],
        cuts: list[Cut],
        has_bias: bool,
        axes: int,
        appended: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        in_channels, out_channels, self.group = channels
        size, self.stride, self.dilation = (on_axes(value, axes) for value in shape)
        unit = (1,) if axes == 1 else ()
        self.weight = nn.Parameter(
            torch.empty(in_channels, out_channels // self.group, *unit, *size)
        )
        self.bias = nn.Parameter(torch.empty(out_channels)) if has_bias else None
        fill_uniform(self.weight, self.bias)
        cuts = cuts * axes if len(cuts) == 1 else cuts
        self.padding = tuple(max(min(cut), 0) for cut in cuts)
        rest = reversed(list(zip(self.padding, cuts, strict=True)))
        self.rest = [inner - amount for inner, cut in rest for amount in cut]
        self.appended = [more for axis in reversed(appended) for more in (0, axis)]
        self.transpose = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[axes]
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.squeeze(2) if self.axes == 1 else self.weight
        grows = any(amount > 0 for amount in self.rest)
        bias = None if grows else self.bias
        y: Tensor = self.transpose(
            x, weight, bias, self.stride, self.padding, 0, self.group, self.dilation
        )
        if any(self.rest):
            y = F.pad(y, self.rest)
        if grows and self.bias is not None:
            y = y + self.bias.view(-1, *[1] * self.axes)
        return F.pad(y, self.appended) if any(self.appended) else y


@keeps_arguments
class Conv1dTranspose(_ConvTranspose):
    """``mindspore.nn.Conv1dTranspose`` on PyTorch."""

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
        cuts = mindspore_cuts(pad_mode, padding, 0, *shape)
        super().__init__((in_channels, out_channels, group), shape, cuts, has_bias, 1)


@keeps_arguments
class Conv2dTranspose(_ConvTranspose):
    """``mindspore.nn.Conv2dTranspose`` on PyTorch."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        pad_mode: str = "same",
        padding: Size = 0,
        output_padding: Size = 0,
        dilation: Size = 1,
        group: int = 1,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        dtype: Any = None,
    ) -> None:
        del weight_init, bias_init, dtype
        shape = (kernel_size, stride, dilation)
        cuts = mindspore_cuts(pad_mode, padding, output_padding, *shape)
        appended = on_axes(output_padding, 2)
        for more, step, gap in zip(appended, on_axes(stride, 2), on_axes(dilation, 2), strict=True):
            if more >= max(step, gap):
                raise ValueError(NO_PADDING)
        super().__init__((in_channels, out_channels, group), shape, cuts, has_bias, 2, appended)


@keeps_arguments
class Conv3dTranspose(_ConvTranspose):
    """``mindspore.nn.Conv3dTranspose`` on PyTorch."""

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
        output_padding: Size = 0,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        data_format: str = "NCDHW",
        dtype: Any = None,
    ) -> None:
        del weight_init, bias_init, dtype
        refuse_channels_last(data_format, "NCDHW")
        shape = (kernel_size, stride, dilation)
        before = mindspore_cuts(pad_mode, padding, output_padding, *shape)
        more = on_axes(output_padding, 3)
        before = before * 3 if len(before) == 1 else before
        cuts = [(start, end - extra) for (start, end), extra in zip(before, more, strict=True)]
        super().__init__((in_channels, out_channels, group), shape, cuts, has_bias, 3)
