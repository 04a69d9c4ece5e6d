"""PyTorch's Upsample on MindSpore, in every mode and with every scale factor."""

from __future__ import annotations

import math
from ast import literal_eval
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Optional, Union

import mindspore
import numpy as np
from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.empty import empty_result

Sizes = Union[int, Sequence[int], None]
Scales = Union[float, Sequence[float], None]
# Its length before and after, and the scale factor that its positions follow from.
Axis = tuple[int, int, Optional[float]]

MODES = {
    "nearest": (3, 4, 5),
    "nearest-exact": (3, 4, 5),
    "area": (3, 4, 5),
    "linear": (3,),
    "bilinear": (4,),
    "bicubic": (4,),
    "trilinear": (5,),
}
SMOOTH = ("linear", "bilinear", "bicubic", "trilinear")


def _factors(scale: Scales, axes: int) -> tuple[float, ...]:
    return tuple(scale) if isinstance(scale, (tuple, list)) else (scale,) * axes  # type: ignore[return-value]


@lru_cache(maxsize=256)
def _axes(shape: tuple[int, ...], words: str) -> tuple[Axis, ...]:
    size, scale, recompute = literal_eval(words)
    lengths = shape[2:]
    if size is not None:
        after = tuple(size) if isinstance(size, (tuple, list)) else (size,) * len(lengths)
        return tuple((a, b, None) for a, b in zip(lengths, after, strict=True))
    pairs = list(zip(lengths, _factors(scale, len(lengths)), strict=True))
    return tuple((n, math.floor(n * by), None if recompute else by) for n, by in pairs)


def _nearest(axis: Axis, half: bool, kind: Any) -> Any:
    """PyTorch's indices where it computes them in the type ``kind``, rounded to float32 last."""
    before, after, by = axis
    ratio = kind(1.0 / by) if by else kind(before) / kind(after)
    index = np.arange(after, dtype=kind)
    index = ratio * (index + kind(0.5)) - kind(0.5) + kind(0.5) if half else ratio * index
    return np.minimum(np.floor(index.astype(np.float32)).astype(np.int32), before - 1)


def _nearest_backwards(axis: Axis, half: bool) -> Any:
    """PyTorch's indices in gradients, in float32 and whole where the length stays or doubles."""
    before, after, _ = axis
    if not half and after in (before, 2 * before):
        return np.arange(after, dtype=np.int32) // (after // before)
    return _nearest(axis, half, np.float32)


def _nearest_forwards(axes: Sequence[Axis], at: int, half: bool, double: bool) -> Any:
    """As in gradients where an image's two sides sum to at most 128 (PyTorch 2.13 on CPU)."""
    if len(axes) == 2 and sum(after for _, after, _ in axes) <= 128:
        return _nearest_backwards(axes[at], half)
    return _nearest(axes[at], half, np.float64 if double else np.float32)


def _positions(axis: Axis, corners: bool) -> Any:
    before, after, by = axis
    index = np.arange(after, dtype=np.float64)
    if corners:
        return index * ((before - 1) / (after - 1) if after > 1 else 0.0)
    return (index + 0.5) * (1.0 / by if by else before / after) - 0.5


def _cubic(t: Any) -> list[Any]:
    """Weights of the four neighbours of a point between the second and the third."""

    def near(x: Any) -> Any:
        return (1.25 * x - 2.25) * x * x + 1

    def far(x: Any) -> Any:
        return ((-0.75 * x + 3.75) * x - 6) * x + 3

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _weights(axis: Axis, corners: bool, cubic: bool) -> Any:
    """The matrix that interpolates one axis."""
    before, after, _ = axis
    where = _positions(axis, corners)
    if not cubic:
        where = np.arange(after) * 1.0 if before == after else np.maximum(where, 0.0)
    first = np.floor(where).astype(np.int64)
    t = where - first
    taps = [(k - 1, w) for k, w in enumerate(_cubic(t))] if cubic else [(0, 1 - t), (1, t)]
    matrix = np.zeros((after, before))
    for step, weight in taps:
        columns = np.clip(first + step, 0, before - 1)
        np.add.at(matrix, (np.arange(after), columns), weight)
    return matrix


@ops.constexpr
def _sizes(shape: Any, words: str) -> Any:
    """The output's spatial shape."""
    return tuple(after for _, after, _ in _axes(tuple(shape), words))


@ops.constexpr
def _is_native(shape: Any, words: str, mode: str, double: bool) -> Any:
    """Whether MindSpore's kernels, which know only the two sizes, give the same."""
    axes = _axes(tuple(shape), words)
    if mode in SMOOTH:
        exact = all(by is None or math.isclose(a * by, b, rel_tol=1e-12) for a, b, by in axes)
        return exact and mode != "bicubic"
    half = mode == "nearest-exact"
    by_size = [_nearest((a, b, None), half, np.float32) for a, b, _ in axes]
    ways = [_nearest_forwards(axes, at, half, double) for at in range(len(axes))]
    ways += [_nearest_backwards(axis, half) for axis in axes]
    return not (half and len(axes) == 3) and all(map(np.array_equal, ways, by_size * 2))


@ops.constexpr
def _is_symmetric(shape: Any, words: str, mode: str, double: bool) -> Any:
    """Whether PyTorch's gradient is that of what it computes forwards."""
    axes = _axes(tuple(shape), words)
    if mode in SMOOTH:
        return mode != "bicubic" or any(a != b for a, b, _ in axes)
    half = mode == "nearest-exact"
    ways = [_nearest_forwards(axes, at, half, double) for at in range(len(axes))]
    return all(map(np.array_equal, ways, [_nearest_backwards(axis, half) for axis in axes]))


@ops.constexpr
def _indices(shape: Any, words: str, at: int, mode: str, double: bool, backwards: bool) -> Any:
    axes, half = _axes(tuple(shape), words), mode == "nearest-exact"
    if backwards:
        return mindspore.Tensor(_nearest_backwards(axes[at], half))
    return mindspore.Tensor(_nearest_forwards(axes, at, half, double))


@ops.constexpr
def _matrix(shape: Any, words: str, at: int, mode: str, corners: bool, double: bool) -> Any:
    """The matrix of one axis; that of the last axis is transposed."""
    matrix = _weights(_axes(tuple(shape), words)[at], corners, mode == "bicubic")
    kept = matrix.T.copy() if at == len(shape) - 3 else matrix
    return mindspore.Tensor(kept.astype(np.float64 if double else np.float32))


@keeps_arguments
class Upsample(nn.Cell):
    """``torch.nn.Upsample`` on MindSpore.

    MindSpore's kernels are used where they compute the same; elsewhere an axis is gathered at
    PyTorch's indices or multiplied by the matrix of its interpolation.
    """

    def __init__(
        self,
        size: Sizes = None,
        scale_factor: Scales = None,
        mode: str = "nearest",
        align_corners: Optional[bool] = None,
        recompute_scale_factor: Optional[bool] = None,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"mode must be one of {list(MODES)}, not {mode!r}")
        if mode not in SMOOTH and align_corners is not None:
            raise ValueError(f"align_corners has no meaning for mode {mode!r}")
        if (size is None) == (scale_factor is None):
            raise ValueError("needs either size or scale_factor")
        if size is not None and recompute_scale_factor:
            raise ValueError("recompute_scale_factor needs scale_factor")
        self.mode, self.ranks = mode, MODES[mode]
        self.corners = bool(align_corners)
        # Numbers with a fraction are rounded to float32 on their way through ms.jit.
        self.words = repr((size, scale_factor, bool(recompute_scale_factor)))

    def construct(self, input: Any) -> Any:
        if input.ndim not in self.ranks:
            raise ValueError(f"{self.mode} takes inputs of rank {self.ranks}, not {input.ndim}")
        sizes = _sizes(input.shape, self.words)
        if input.size == 0:
            return empty_result((*input.shape[:2], *sizes), input.sum())
        double = input.dtype == mindspore.float64
        if self.mode == "area":
            return self._averaged(input, sizes)
        if _is_native(input.shape, self.words, self.mode, double):
            return self._native(input, sizes, double)
        smooth = self.mode in SMOOTH
        y = self._multiplied(input, double) if smooth else self._gathered(input, double, False)
        if _is_symmetric(input.shape, self.words, self.mode, double):
            return y
        back = input if smooth else self._gathered(input, double, True)
        return ops.stop_gradient(y) + (back - ops.stop_gradient(back))

    def _averaged(self, x: Any, sizes: tuple[int, ...]) -> Any:
        wide = x.astype(mindspore.float32) if x.dtype == mindspore.float16 else x
        if x.ndim == 3:
            wide, sizes = wide.expand_dims(2), (1, *sizes)
        y = ops.interpolate(wide, sizes, mode="area")
        y = y.squeeze(2) if x.ndim == 3 else y
        return y.astype(x.dtype)

    def _native(self, x: Any, sizes: tuple[int, ...], double: bool) -> Any:
        if self.mode not in SMOOTH:
            return ops.interpolate(x, sizes, mode=self.mode)
        if self.mode == "bilinear" and not double:
            return ops.interpolate(x, sizes, mode="bilinear", align_corners=self.corners)
        # The linear kernel is wrong where one value is left, the bilinear one has float32 weights.
        wide = (1,) * (5 - x.ndim)
        deep = x.reshape((*x.shape[:2], *wide, *x.shape[2:]))
        y = ops.interpolate(deep, (*wide, *sizes), mode="trilinear", align_corners=self.corners)
        return y.reshape((*x.shape[:2], *sizes))

    def _gathered(self, x: Any, double: bool, backwards: bool) -> Any:
        y = x
        for at in range(x.ndim - 2):
            indices = _indices(x.shape, self.words, at, self.mode, double, backwards)
            y = ops.gather(y, indices, at + 2)
        return y

    def _multiplied(self, x: Any, double: bool) -> Any:
        y = x if double else x.astype(mindspore.float32)
        last = x.ndim - 3
        for at in range(x.ndim - 2):
            matrix = _matrix(x.shape, self.words, at, self.mode, self.corners, double)
            if at == last:
                y = ops.matmul(y, matrix)
            else:
                shape = y.shape
                flat = y.reshape((*shape[: at + 3], -1))
                y = ops.matmul(matrix, flat)
                y = y.reshape((*shape[: at + 2], matrix.shape[0], *shape[at + 3 :]))
        return y.astype(x.dtype)


@keeps_arguments
class UpsamplingNearest2d(Upsample):
    """``torch.nn.UpsamplingNearest2d`` on MindSpore."""

    def __init__(self, size: Sizes = None, scale_factor: Scales = None) -> None:
        super().__init__(size, scale_factor)
        self.ranks = (4,)


@keeps_arguments
class UpsamplingBilinear2d(Upsample):
    """``torch.nn.UpsamplingBilinear2d`` on MindSpore."""

    def __init__(self, size: Sizes = None, scale_factor: Scales = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)
