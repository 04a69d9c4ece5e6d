"""Resizing of images and shuffling of their channels."""

from __future__ import annotations

from typing import Any, Optional

from apimap.errors import Unsupported
from apimap.rules import rule

Arguments = tuple[Any, Any, str, Optional[bool], Optional[bool]]


@rule("upsample")
class UpsampleArguments:
    """Both frameworks compute the same from two sizes, not from a scale factor.

    MindSpore's kernels compute positions from the sizes before and after; PyTorch's from the scale
    factor, unless it is recomputed.
    """

    @staticmethod
    def to_mindspore(
        size: Any,
        scale_factor: Any,
        mode: str,
        align_corners: Optional[bool],
        recompute_scale_factor: Optional[bool],
    ) -> Arguments:
        """A size is native for volumes"""
        if size is None or mode != "trilinear":
            raise Unsupported(
                f"MindSpore's Upsample does not compute mode {mode!r} with these sizes as "
                "PyTorch's does for every input: its positions follow from the two sizes alone and "
                "in float32, its bicubic kernel has other weights, its linear one is wrong for a "
                "single value."
            )
        return size, scale_factor, mode, align_corners, recompute_scale_factor

    @staticmethod
    def to_torch(
        size: Any,
        scale_factor: Any,
        mode: str,
        align_corners: Optional[bool],
        recompute_scale_factor: Optional[bool],
    ) -> Arguments:
        """The same, where MindSpore computes from two sizes too"""
        if mode == "bicubic":
            raise Unsupported(
                "MindSpore 2.10's bicubic kernel has weights that no mode of PyTorch has "
                "(off by 0.2 for normal input)."
            )
        if scale_factor is not None and not recompute_scale_factor and mode != "area":
            raise Unsupported(
                "MindSpore 2.10 rounds a scale factor that is not recomputed to float32, and takes "
                "other neighbours than PyTorch where the size stays.",
                hint="set recompute_scale_factor=True, or give a size",
            )
        if mode == "linear" and (size is None or size in (1, (1,))):
            raise Unsupported(
                "MindSpore 2.10's linear kernel interpolates to a single value as no mode of "
                "PyTorch does.",
                hint="give a size over 1",
            )
        return size, scale_factor, mode, align_corners, recompute_scale_factor


@rule("unflattened_size")
class UnflattenedSize:
    """MindSpore reshapes by it, which cannot resolve -1 in an empty input."""

    @staticmethod
    def to_mindspore(unflattened_size: Any) -> tuple[int, ...]:
        """The same sizes as a tuple"""
        if -1 in unflattened_size:
            raise Unsupported("MindSpore cannot resolve a size of -1 for an empty input.")
        return tuple(unflattened_size)

    @staticmethod
    def to_torch(unflattened_size: Any) -> tuple[int, ...]:
        """Unchanged"""
        return tuple(unflattened_size)
