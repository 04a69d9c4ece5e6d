"""Padding of transposed convolutions, as what is cut off the full result.

Along one axis of length L the full result is ``(L - 1) * stride + dilation * (kernel_size - 1)
+ 1`` long. PyTorch cuts ``padding`` off its start and ``padding - output_padding`` off its end.
MindSpore's modes cut according to ``T = dilation * (kernel_size - 1) + 1 - stride``. A negative
cut appends zeros, before the bias is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from apimap.errors import InvalidCall, Unsupported
from apimap.rules import rule
from apimap.rules.conv import Size, check_sizes, from_sides, mode_of, per_axis, shortest, sides

Cut = tuple[int, int]


def mode_cuts(mode: str, kernel_size: Size, stride: Size, dilation: Size) -> list[Cut]:
    """What MindSpore's pad_mode 'valid' or 'same' cuts off each axis.

    >>> mode_cuts("same", 4, 1, 1), mode_cuts("same", 2, 3, 1), mode_cuts("valid", 4, 1, 1)
    ([(1, 2)], [(0, -1)], [(0, 0)])
    """
    cuts = []
    for size, step, gap in per_axis(kernel_size, stride, dilation):
        surplus = gap * (size - 1) + 1 - step
        start = max(surplus, 0) // 2 if mode == "same" else 0
        cuts.append((start, surplus - start if mode == "same" else min(surplus, 0)))
    return cuts


def torch_cuts(
    padding: Size, output_padding: Size, kernel_size: Size, stride: Size, dilation: Size
) -> list[Cut]:
    """What PyTorch cuts off each axis; arguments that it refuses when called are no call."""
    check_sizes(kernel_size=kernel_size, stride=stride, dilation=dilation)
    axes = per_axis(padding, output_padding, stride, dilation, kernel_size)
    for _, more, step, gap, _ in axes:
        if more >= max(step, gap):
            raise InvalidCall(
                f"PyTorch's output_padding is smaller than stride or dilation, but it is {more} "
                f"with stride {step} and dilation {gap}"
            )
    return [(cut, cut - more) for cut, more, *_ in axes]


def mode_with(cuts: list[Cut], kernel_size: Size, stride: Size, dilation: Size) -> str:
    """MindSpore's pad_mode 'valid' or 'same' if it cuts the same, else an empty word."""
    for mode in ("valid", "same"):
        if mode_cuts(mode, kernel_size, stride, dilation) == cuts:
            return mode
    return ""


def torch_padding(cuts: Sequence[Cut], stride: Size, dilation: Size) -> tuple[Any, Any]:
    """PyTorch's padding and output_padding for these cuts."""
    for (start, end), step, gap in per_axis(cuts, stride, dilation):
        if not 0 <= start - end < max(step, gap):
            raise Unsupported(
                f"PyTorch's transposed convolutions cannot cut {start} off the start and {end} "
                f"off the end: the difference, output_padding, is at least 0 and less than the "
                f"larger of stride and dilation ({max(step, gap)})."
            )
    return shortest([start for start, _ in cuts]), shortest([a - b for a, b in cuts])


@rule("transposed_padding_1d")
class TransposedPadding1d:
    """PyTorch's padding and output_padding are a pad_mode and one padding in MindSpore.

    With T = dilation * (kernel_size - 1) + 1 - stride: pad_mode 'pad' is output_padding 0;
    'valid' cuts nothing, or appends -T where T is negative; 'same' cuts T, the smaller half at
    the start. All else is composed.
    """

    @staticmethod
    def to_mindspore(
        padding: Size, output_padding: Size, *, kernel_size: Size, stride: Size, dilation: Size
    ) -> tuple[str, int]:
        """'pad' where both ends are cut alike, else 'valid' or 'same' where it cuts that much"""
        shape = kernel_size, stride, dilation
        cuts = torch_cuts(padding, output_padding, *shape)
        if all(start == end for start, end in cuts):
            return "pad", cuts[0][0]
        mode = mode_with(cuts, *shape)
        if not mode:
            raise Unsupported(
                "MindSpore's Conv1dTranspose has no output_padding: it cuts both ends alike, or "
                "as its pad_mode 'valid' or 'same' says."
            )
        return mode, 0

    @staticmethod
    def to_torch(
        pad_mode: str, padding: int, *, kernel_size: int, stride: int, dilation: int
    ) -> tuple[int, int]:
        """The cuts of the mode, where output_padding can express them"""
        mode = mode_of(pad_mode, padding)
        cuts = sides(padding) if mode == "pad" else mode_cuts(mode, kernel_size, stride, dilation)
        return torch_padding(cuts, stride, dilation)


@rule("transposed_padding_2d")
class TransposedPadding2d:
    """PyTorch's padding and output_padding are a pad_mode and four paddings in MindSpore.

    MindSpore's own output_padding appends zeros to the finished result, after the bias. So
    PyTorch's output_padding becomes a smaller padding at the end; where it is larger than the
    padding, MindSpore's output_padding does it, if there is no bias.
    """

    @staticmethod
    def to_mindspore(
        padding: Size, output_padding: Size, *, bias: bool, **shape: Size
    ) -> tuple[str, Any, Any]:
        """'pad' where nothing is appended or no bias added, else 'valid' or 'same' if they fit"""
        cuts = torch_cuts(padding, output_padding, **shape)
        appended = [max(-end, 0) for _, end in cuts]
        if any(appended):
            mode = mode_with(cuts, **shape)
            if mode:
                return mode, 0, 0
            if bias:
                raise Unsupported(
                    "MindSpore's Conv2dTranspose appends the zeros of output_padding after the "
                    "bias, PyTorch before it."
                )
        pads = [(start, max(end, 0)) for start, end in cuts]
        return "pad", from_sides(pads, axes=2), shortest(appended)

    @staticmethod
    def to_torch(
        pad_mode: str, padding: Size, output_padding: Size, *, bias: bool, **shape: Size
    ) -> tuple[Any, Any]:
        """The cuts of the mode; appended zeros only where nothing is cut there and no bias added"""
        cuts = mindspore_cuts(pad_mode, padding, output_padding, **shape)
        merged = []
        for (start, end), more in per_axis(cuts, output_padding):
            if more and (end > 0 or bias):
                raise Unsupported(
                    "MindSpore's Conv2dTranspose appends the zeros of output_padding to the "
                    "finished result; PyTorch's output_padding uncovers values and adds the bias."
                )
            merged.append((start, end - more))
        return torch_padding(merged, shape["stride"], shape["dilation"])


@rule("transposed_padding_3d")
class TransposedPadding3d:
    """PyTorch's padding and output_padding are a pad_mode, six paddings and output_padding.

    MindSpore's output_padding means what PyTorch's does, up to the stride. Composed where
    MindSpore has limits: dilation along the depth, kernels of more than 343 elements.
    """

    @staticmethod
    def to_mindspore(padding: Size, output_padding: Size, **shape: Size) -> tuple[str, Any, Any]:
        """Always 'pad'; an output_padding of a stride or more becomes a smaller padding"""
        refuse_beyond_3d_limits(**shape)
        pads, rest = [], []
        cuts = torch_cuts(padding, output_padding, **shape)
        for (start, end), step in per_axis(cuts, shape["stride"]):
            kept = start if start - end < step else max(end, 0)
            if kept - end >= step:
                raise Unsupported(
                    "MindSpore's Conv3dTranspose fails where output_padding reaches the stride."
                )
            pads.append((start, kept))
            rest.append(kept - end)
        return "pad", from_sides(pads, axes=3), shortest(rest)

    @staticmethod
    def to_torch(
        pad_mode: str, padding: Size, output_padding: Size, **shape: Size
    ) -> tuple[Any, Any]:
        """The cuts of the mode, where output_padding can express them"""
        cuts = mindspore_cuts(pad_mode, padding, output_padding, **shape)
        cuts = [(start, end - more) for (start, end), more in per_axis(cuts, output_padding)]
        return torch_padding(cuts, shape["stride"], shape["dilation"])


def mindspore_cuts(
    pad_mode: str,
    padding: Size,
    output_padding: Size,
    kernel_size: Size,
    stride: Size,
    dilation: Size,
) -> list[Cut]:
    """What a MindSpore layer cuts off each axis, its output_padding left aside."""
    mode = mode_of(pad_mode, padding)
    if mode == "pad":
        return sides(padding)
    if shortest([more for (more,) in per_axis(output_padding)]):
        raise InvalidCall(f"MindSpore's pad_mode {mode!r} takes no output_padding")
    return mode_cuts(mode, kernel_size, stride, dilation)


def refuse_beyond_3d_limits(kernel_size: Size, stride: Size, dilation: Size) -> None:
    """MindSpore 2.10's Conv3dTranspose refuses these when it is built, on every device."""
    del stride
    axes = per_axis(kernel_size, dilation)
    sizes, gaps = zip(*(axes if len(axes) == 3 else axes * 3), strict=True)
    if gaps[0] != 1:
        raise Unsupported("MindSpore's Conv3dTranspose takes no dilation along the depth.")
    if prod(sizes) > 343:
        raise Unsupported("MindSpore's Conv3dTranspose takes kernels of at most 343 elements.")
