"""Padding of convolutions: PyTorch's amounts, MindSpore's modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

from apimap.errors import InvalidCall, Unsupported
from apimap.rules import rule

Size = Union[int, Sequence[int]]
MODES = ("pad", "valid", "same")


def per_axis(*values: Union[int, Sequence[Any]]) -> list[tuple[Any, ...]]:
    """One tuple for each spatial axis; plain integers alone describe one axis for all.

    >>> per_axis(3, (1, 2))
    [(3, 1), (3, 2)]
    """
    axes = max(1 if isinstance(value, int) else len(value) for value in values)
    spread = [(v,) * axes if isinstance(v, int) else tuple(v) * (axes // len(v)) for v in values]
    return list(zip(*spread, strict=True))


def shortest(values: Sequence[int]) -> Any:
    """A tuple of equal items as one integer.

    >>> shortest([2, 2]), shortest([2, 1])
    (2, (2, 1))
    """
    return values[0] if len(set(values)) == 1 else tuple(values)


def sides(padding: Size) -> list[tuple[int, int]]:
    """MindSpore's padding as (before, after) for each axis."""
    if isinstance(padding, int):
        return [(padding, padding)]
    return list(zip(padding[::2], padding[1::2], strict=True))


def from_sides(pairs: Sequence[tuple[int, int]], axes: int = 1) -> Any:
    """The reverse of ``sides``; one pair alone stands for all axes.

    >>> from_sides([(1, 0)], axes=2), from_sides([(1, 1)], axes=2)
    ((1, 0, 1, 0), 1)
    """
    every = list(pairs) * (axes if len(pairs) == 1 else 1)
    return shortest([amount for pair in every for amount in pair])


def mode_of(pad_mode: str, padding: Size) -> str:
    """MindSpore's padding mode in lower case, checked as MindSpore checks it."""
    mode = pad_mode.lower()
    if mode not in MODES:
        raise InvalidCall(f"MindSpore's pad_mode is one of {', '.join(MODES)}, not {pad_mode!r}")
    if mode != "pad" and any(amount for pair in sides(padding) for amount in pair):
        raise InvalidCall(f"MindSpore's pad_mode {mode!r} takes no padding, but it is {padding}")
    return mode


def check_sizes(**sizes: Size) -> None:
    """Raise ``InvalidCall`` for what neither framework takes as the size of a window."""
    for name, value in sizes.items():
        items = value if isinstance(value, (tuple, list)) else (value,)
        if not items or not all(isinstance(item, int) and item > 0 for item in items):
            raise InvalidCall(
                f"{name} is one positive integer, or one for each axis, not {value!r}"
            )


def _check_word(padding: str, stride: Size) -> None:
    if padding not in ("same", "valid"):
        raise InvalidCall(f"PyTorch's padding is 'same', 'valid' or amounts, not {padding!r}")
    if padding == "same" and any(step != 1 for (step,) in per_axis(stride)):
        raise InvalidCall(f"PyTorch's padding 'same' takes no stride, but it is {stride}")


@rule("single_axis")
class SingleAxis:
    """MindSpore's one-dimensional layers take integers only."""

    @staticmethod
    def to_mindspore(value: Size) -> int:
        """The integer, also where it is the only item of a tuple"""
        return value if isinstance(value, int) else value[0]

    @staticmethod
    def to_torch(value: int) -> int:
        """Unchanged"""
        return value


@rule("conv_padding")
class ConvPadding:
    """PyTorch's padding is a pad_mode and a padding in MindSpore.

    A MindSpore pad_mode 'same' with a stride depends on the input's size, and a padding that
    differs before and after has no PyTorch argument: these are composed, as are PyTorch's
    padding modes other than zeros.
    """

    @staticmethod
    def to_mindspore(
        padding: Union[str, Size],
        padding_mode: str,
        *,
        kernel_size: Size,
        stride: Size,
        dilation: Size,
    ) -> tuple[str, Any]:
        """A word is that pad_mode; an amount is pad_mode 'pad'"""
        check_sizes(kernel_size=kernel_size, stride=stride, dilation=dilation)
        if isinstance(padding, str):
            _check_word(padding, stride)
            none = padding == "valid" or all(size == 1 for (size,) in per_axis(kernel_size))
            mode, amount = padding, 0
        else:
            amount = from_sides([(size, size) for (size,) in per_axis(padding)])
            none = amount == 0
            mode = "pad"
        if padding_mode != "zeros" and not none:
            raise Unsupported(
                f"MindSpore's convolutions pad with zeros only, not in mode {padding_mode!r}."
            )
        return mode, amount

    @staticmethod
    def to_torch(
        pad_mode: str, padding: Size, *, kernel_size: Size, stride: Size, dilation: Size
    ) -> tuple[Any, str]:
        """'valid' is a word too; 'same' is a word where all strides are 1"""
        mode = mode_of(pad_mode, padding)
        if mode == "valid":
            return "valid", "zeros"
        if mode == "pad":
            return _symmetric(sides(padding)), "zeros"
        axes = per_axis(kernel_size, stride, dilation)
        if all(step == 1 for _, step, _ in axes):
            return "same", "zeros"
        if not all(_same_is_fixed(*axis) for axis in axes):
            raise Unsupported(
                "MindSpore's pad_mode 'same' with a stride over 1 pads by an amount that depends "
                "on the input's size; PyTorch has no such padding."
            )
        return shortest([gap * (size - 1) // 2 for size, _, gap in axes]), "zeros"


def _symmetric(pairs: list[tuple[int, int]]) -> Any:
    if any(before != after for before, after in pairs):
        raise Unsupported("PyTorch's convolutions pad both ends of an axis by the same amount.")
    return shortest([before for before, _ in pairs])


def _same_is_fixed(size: int, stride: int, dilation: int) -> bool:
    return size == 1 or (stride == 1 and dilation * (size - 1) % 2 == 0)
