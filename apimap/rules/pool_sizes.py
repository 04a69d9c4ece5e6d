"""Sizes of adaptive and fractional pooling, and of its reverse."""

from __future__ import annotations

from typing import Any, Optional

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.conv import Size, shortest


@rule("adaptive_size")
class AdaptiveSize:
    """An integer, or two of which None keeps the input's size."""

    @staticmethod
    def to_mindspore(output_size: Any) -> Any:
        """Unchanged; None alone is refused, as PyTorch fails on it"""
        if output_size is None:
            raise Unsupported("PyTorch's AdaptiveAvgPool2d(None) fails when it is called.")
        return output_size if isinstance(output_size, int) else tuple(output_size)

    @staticmethod
    def to_torch(output_size: Any) -> Any:
        """Unchanged"""
        return output_size


@rule("adaptive_size_1d")
class AdaptiveSize1d:
    """An integer."""

    @staticmethod
    def to_mindspore(output_size: Size) -> int:
        """The integer, also where it is the only item of a tuple"""
        return output_size if isinstance(output_size, int) else output_size[0]

    @staticmethod
    def to_torch(output_size: int) -> int:
        """Unchanged"""
        return output_size


@rule("adaptive_max_3d")
class AdaptiveMax3d:
    """Sizes for all axes, and no indices."""

    @staticmethod
    def to_mindspore(output_size: Any, return_indices: bool) -> tuple[Any, bool]:
        """Unchanged; None and indices are composed"""
        size = AdaptiveSize.to_mindspore(output_size)
        if not isinstance(size, int) and None in size:
            raise Unsupported("MindSpore's AdaptiveMaxPool3d takes no None in output_size.")
        _refuse_int32(return_indices)
        return size, return_indices

    @staticmethod
    def to_torch(output_size: Any, return_indices: bool) -> tuple[Any, bool]:
        """Unchanged; indices are composed"""
        _refuse_int32(return_indices)
        return output_size, return_indices


def _refuse_int32(return_indices: bool) -> None:
    if return_indices:
        raise Unsupported("MindSpore's AdaptiveMaxPool3d gives int32 indices, PyTorch's int64.")


@rule("unpool_size")
class UnpoolSize:
    """An integer or one for each axis; None is the kernel's size."""

    @staticmethod
    def to_mindspore(value: Optional[Size]) -> Any:
        """Unchanged, but equal integers become one"""
        return None if value is None else _plain(value)

    @staticmethod
    def to_torch(value: Optional[Size]) -> Any:
        """Unchanged"""
        return None if value is None else _plain(value)


@rule("fractional_size")
class FractionalSize:
    """A size or a ratio."""

    @staticmethod
    def to_mindspore(output_size: Any, output_ratio: Any) -> tuple[Any, Any]:
        """Unchanged"""
        return output_size, output_ratio

    @staticmethod
    def to_torch(output_size: Any, output_ratio: Any) -> tuple[Any, Any]:
        """Unchanged; both together are composed"""
        if output_size is not None and output_ratio is not None:
            raise Unsupported(
                "MindSpore's output_size goes before output_ratio; PyTorch refuses both together."
            )
        return output_size, output_ratio


def _plain(value: Size) -> Any:
    """MindSpore takes no lists."""
    return value if isinstance(value, int) else shortest(value)
