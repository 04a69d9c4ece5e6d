"""Arguments of mindspore.mint.nn, which takes PyTorch's in fewer forms."""

from __future__ import annotations

from typing import Any, Optional

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.conv import Size
from apimap.rules.reading import reader
from apimap.rules.values import Number

MODES = ("nearest", "linear", "bilinear", "bicubic", "trilinear")


@rule("weight_in_checkpoint")
class WeightInCheckpoint:
    """PyTorch's loss holds a weight in its state_dict, MindSpore's holds it in no checkpoint."""

    @staticmethod
    def to_mindspore(weight: Any) -> None:
        """None alone"""
        _refuse(weight)

    @staticmethod
    def to_torch(weight: Any) -> None:
        """None alone"""
        _refuse(weight)


def _refuse(weight: Any) -> None:
    if weight is not None:
        raise Unsupported(
            "PyTorch's layer holds the weight in its state_dict, and MindSpore's has it in no "
            "checkpoint."
        )


@rule("mint_affine")
class MintAffine:
    """MindSpore's group normalization owns a weight and a bias also without affine.

    They stay float32, and inputs of another dtype are refused, so both are composed.
    """

    @staticmethod
    def to_mindspore(affine: bool, bias: bool) -> bool:
        """True"""
        if not affine or not bias:
            raise Unsupported(
                "MindSpore's GroupNorm of mint owns a weight and a bias in any case, float32 ones "
                "where PyTorch's has none."
            )
        return affine

    @staticmethod
    def to_torch(affine: bool) -> tuple[bool, bool]:
        """affine and bias=True"""
        return affine, True


@rule("mirrored_amounts")
class MirroredAmounts:
    """MindSpore's mint reflects and repeats by no negative amounts, and takes no 0 for all."""

    @staticmethod
    def to_mindspore(padding: Size) -> Any:
        """Unchanged"""
        amounts = (padding,) if isinstance(padding, int) else tuple(padding)
        if padding == 0 or any(amount < 0 for amount in amounts):
            raise Unsupported(
                f"MindSpore's mint refuses a padding of {padding!r}; PyTorch cuts off or adds none."
            )
        return padding

    @staticmethod
    def to_torch(padding: Size) -> Any:
        """Unchanged"""
        return padding


@rule("float_or_none")
class FloatOrNone:
    """MindSpore takes no integer here."""

    @staticmethod
    def to_mindspore(value: Optional[Number]) -> Optional[float]:
        """The same number as a float"""
        return None if value is None else float(value)

    @staticmethod
    def to_torch(value: Optional[float]) -> Optional[float]:
        """Unchanged"""
        return value


@rule("two_axes")
class TwoAxes:
    """MindSpore takes a size and a factor for each axis, PyTorch one for both too."""

    @staticmethod
    def to_mindspore(size: Size, scale_factor: Any) -> tuple[Any, Any]:
        """Two sizes, or two factors as floats"""
        if isinstance(size, int):
            size = (size, size)
        if isinstance(scale_factor, (int, float)):
            scale_factor = (scale_factor, scale_factor)
        return size, None if scale_factor is None else tuple(map(float, scale_factor))

    @staticmethod
    def to_torch(size: Any, scale_factor: Any) -> tuple[Any, Any]:
        """Unchanged"""
        return size, scale_factor


@rule("mint_mode")
class MintMode:
    """MindSpore's mint resizes in five of PyTorch's seven modes."""

    @staticmethod
    def to_mindspore(mode: str) -> str:
        """Unchanged"""
        if mode not in MODES:
            raise Unsupported(f"MindSpore's mint does not resize in PyTorch's mode {mode!r}.")
        return mode

    @staticmethod
    def to_torch(mode: str) -> str:
        """Unchanged"""
        return mode


@reader("world_group")
def world_group(layer: Any, value: Any) -> Any:
    """MindSpore's name of the group of all processes, which it takes for None."""
    del layer
    return None if value.endswith("_world_group") else value


@reader("reduction_word")
def reduction_word(layer: Any, value: Any) -> str:
    """Of a primitive of MindSpore, which holds a number for it."""
    del layer
    return ("sum", "mean", "none")[value]
