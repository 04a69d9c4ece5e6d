"""PyTorch's convolutions on MindSpore, with every padding mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mindspore import Parameter, nn, ops
from mindspore.common.initializer import HeUniform, Uniform, initializer

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.adapted import padded, without_elements
from apimap.rules.conv import Size, per_axis

REFLECTION = {1: nn.ReflectionPad1d, 2: nn.ReflectionPad2d, 3: nn.ReflectionPad3d}
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def on_axes(value: Size, axes: int) -> tuple[int, ...]:
    """One integer for each axis."""
    return tuple(item for item, _ in per_axis(value, (0,) * axes))


def new_weight(shape: tuple[int, ...]) -> Parameter:
    """A convolution's weight, drawn as both frameworks do."""
    return Parameter(initializer(HeUniform(math.sqrt(5)), shape), name="weight")


def new_bias(size: int, weight_shape: tuple[int, ...]) -> Parameter:
    """A convolution's bias, drawn as both frameworks do."""
    fan_in = math.prod(weight_shape[1:])
    values = Uniform(1 / math.sqrt(fan_in)) if fan_in else "zeros"
    return Parameter(initializer(values, [size]), name="bias")


def check_groups(in_channels: int, out_channels: int, groups: int) -> None:
    """PyTorch's own checks."""
    if groups < 1 or in_channels % groups or out_channels % groups:
        raise ValueError(
            f"in_channels {in_channels} and out_channels {out_channels} must be divisible by "
            f"groups {groups}"
        )


def _pads(
    padding: str | Size, size: tuple[int, ...], gap: tuple[int, ...]
) -> list[tuple[int, int]]:
    if padding == "same":
        totals = [step * (width - 1) for width, step in zip(size, gap, strict=True)]
        return [(total // 2, total - total // 2) for total in totals]
    if isinstance(padding, str):
        return [(0, 0)] * len(size)
    return [(amount, amount) for amount in on_axes(padding, len(size))]


class _Conv(nn.Cell):
    axes = 0

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: str | Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        check_groups(in_channels, out_channels, groups)
        size, step, gap = (on_axes(v, self.axes) for v in (kernel_size, stride, dilation))
        shape = (out_channels, in_channels // groups, *size)
        self.weight = new_weight(shape)
        self.bias = new_bias(out_channels, shape) if bias else None
        pads = _pads(padding, size, gap)
        if padding == "same" and max(step) > 1:
            raise ValueError("padding='same' is not supported for strided convolutions")
        self._set_padding(padding_mode, pads)
        inner = pads if padding_mode == "zeros" else [(0, 0)] * self.axes
        self.convolve = self._convolution(out_channels, size, step, gap, groups, inner)
        self.add_bias = ops.BiasAdd("NCDHW" if self.axes == 3 else "NCHW")
        self.batched_rank = self.axes + 2
        self.is_flat = self.axes == 1

    def _set_padding(self, mode: str, pads: list[tuple[int, int]]) -> None:
        if mode not in PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {PADDING_MODES}, but is {mode!r}")
        self.padding_mode = mode
        self.pads = tuple(amount for pair in reversed(pads) for amount in pair)
        # ops.pad reflects inputs of at most rank 4 (MindSpore 2.10).
        self.reflect: Any = REFLECTION[self.axes](self.pads) if mode == "reflect" else None

    def _convolution(
        self,
        out_channels: int,
        size: Sequence[int],
        step: Sequence[int],
        gap: Sequence[int],
        groups: int,
        pads: list[tuple[int, int]],
    ) -> Any:
        pad = tuple(amount for pair in pads for amount in pair)
        if self.axes == 1:
            size, step, gap, pad = (1, *size), (1, *step), (1, *gap), (0, 0, *pad)
        primitive = ops.Conv3D if self.axes == 3 else ops.Conv2D
        return primitive(out_channels, tuple(size), 1, "pad", pad, tuple(step), tuple(gap), groups)

    def construct(self, input: Any) -> Any:
        if input.size == 0:
            return without_elements(self._convolved(padded(input)), input)
        return self._convolved(input)

    def _convolved(self, input: Any) -> Any:
        x = input if input.ndim == self.batched_rank else input.expand_dims(0)
        if self.padding_mode == "reflect":
            x = self.reflect(x)
        elif self.padding_mode != "zeros":
            x = ops.pad(x, self.pads, self.padding_mode)
        if self.is_flat:
            x = self.convolve(x.expand_dims(2), self.weight.expand_dims(2))
        else:
            x = self.convolve(x, self.weight)
        if self.bias is not None:
            x = self.add_bias(x, self.bias)
        if self.is_flat:
            x = x.squeeze(2)
        return x if input.ndim == self.batched_rank else x.squeeze(0)


@keeps_arguments
class Conv1d(_Conv):
    """``torch.nn.Conv1d`` on MindSpore."""

    axes = 1


@keeps_arguments
class Conv2d(_Conv):
    """``torch.nn.Conv2d`` on MindSpore."""

    axes = 2


@keeps_arguments
class Conv3d(_Conv):
    """``torch.nn.Conv3d`` on MindSpore."""

    axes = 3
