"""Pooling: PyTorch's amounts, MindSpore's modes."""

from __future__ import annotations

from typing import Any, Optional, Union

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.conv import Size, check_sizes, mode_of, per_axis, shortest

Sizes = Union[int, tuple[int, ...]]


def _size(value: Size) -> Any:
    """MindSpore takes no lists."""
    return value if isinstance(value, int) else shortest(value)


def _is_zero(padding: Size) -> bool:
    return bool(_size(padding) == 0)


def _fixed_same(kernel_size: Size, stride: Size) -> Any:
    """The padding that pad_mode 'same' always is, whatever the input's size."""
    axes = per_axis(kernel_size, stride)
    if any(size != 1 and (step != 1 or size % 2 == 0) for size, step in axes):
        raise Unsupported(
            "MindSpore's pad_mode 'same' pads by an amount that depends on the input's size, or "
            "more at the end; PyTorch has no such padding."
        )
    return shortest([size // 2 for size, _ in axes])


def _check_half(padding: Size, kernel_size: Size) -> None:
    if any(amount > size // 2 for amount, size in per_axis(padding, kernel_size)):
        raise Unsupported(
            "PyTorch pads a pooling by at most half of its kernel; MindSpore's padding "
            f"{padding} is more than half of {kernel_size}."
        )


@rule("pool_size")
class PoolSize:
    """An integer or two."""

    @staticmethod
    def to_mindspore(kernel_size: Size) -> Sizes:
        """Unchanged, but equal integers become one"""
        check_sizes(kernel_size=kernel_size)
        return _size(kernel_size)  # type: ignore[no-any-return]

    @staticmethod
    def to_torch(kernel_size: Size) -> Sizes:
        """Unchanged"""
        return _size(kernel_size)  # type: ignore[no-any-return]


@rule("max_pool")
class MaxPool:
    """Without padding, dilation, indices and ceil_mode it is pad_mode 'valid', else 'pad'.

    MindSpore's pad_mode 'same' is a fixed padding only for odd kernels with stride 1.
    """

    @staticmethod
    def to_mindspore(
        stride: Optional[Size],
        padding: Size,
        dilation: Size,
        return_indices: bool,
        ceil_mode: bool,
        *,
        kernel_size: Size,
    ) -> tuple[Any, str, Any, Any, bool, bool]:
        """The stride is kernel_size where it is None"""
        step = _size(kernel_size if stride is None else stride)
        plain = _is_zero(padding) and _size(dilation) == 1 and not (return_indices or ceil_mode)
        mode = "valid" if plain else "pad"
        return step, mode, _size(padding), _size(dilation), return_indices, ceil_mode

    @staticmethod
    def to_torch(
        stride: Size,
        pad_mode: str,
        padding: Size,
        dilation: Size,
        return_indices: bool,
        ceil_mode: bool,
        *,
        kernel_size: Size,
    ) -> tuple[Any, Any, Any, bool, bool]:
        """The padding, or that of 'same' where it is fixed"""
        mode = mode_of(pad_mode, padding)
        if mode == "same":
            padding = _fixed_same(kernel_size, stride)
        _check_half(padding, kernel_size)
        return _size(stride), _size(padding), _size(dilation), return_indices, ceil_mode


@rule("max_pool_3d")
class MaxPool3d(MaxPool):
    """As in two dimensions; a dilation of three numbers takes MindSpore's exact kernel.

    Its other one gives -3.4e38 for a window of -inf alone, and sends the gradient elsewhere.
    """

    @staticmethod
    def to_mindspore(
        stride: Optional[Size],
        padding: Size,
        dilation: Size,
        return_indices: bool,
        ceil_mode: bool,
        *,
        kernel_size: Size,
    ) -> tuple[Any, str, Any, Any, bool, bool]:
        """The stride is kernel_size where it is None"""
        given = (stride, padding, dilation, return_indices, ceil_mode)
        step, mode, padding, gap, *rest = MaxPool.to_mindspore(*given, kernel_size=kernel_size)
        if mode == "pad" and isinstance(gap, int):
            gap = (gap,) * 3
        return step, mode, padding, gap, *rest


@rule("avg_pool")
class AvgPool:
    """Plain averages are pad_mode 'valid', all others 'pad'.

    MindSpore's pad_mode 'same' is a fixed padding only for odd kernels with stride 1, and leaves
    the padding out of the mean unless ceil_mode or divisor_override is set.
    """

    @staticmethod
    def to_mindspore(
        stride: Optional[Size],
        padding: Size,
        ceil_mode: bool,
        count_include_pad: bool,
        divisor_override: Optional[int],
        *,
        kernel_size: Size,
    ) -> tuple[Any, str, Any, bool, bool, Optional[int]]:
        """count_include_pad is True where divisor_override is set, and where there is no padding"""
        step = _size(kernel_size if stride is None else stride)
        none = _is_zero(padding) and not ceil_mode
        include = count_include_pad or none or divisor_override is not None
        mode = "valid" if none else "pad"
        return step, mode, _size(padding), ceil_mode, include, divisor_override

    @staticmethod
    def to_torch(
        stride: Size,
        pad_mode: str,
        padding: Size,
        ceil_mode: bool,
        count_include_pad: bool,
        divisor_override: Optional[int],
        *,
        kernel_size: Size,
    ) -> tuple[Any, Any, bool, bool, Optional[int]]:
        """The padding, or that of 'same' where it is fixed"""
        mode = mode_of(pad_mode, padding)
        _refuse_wrong_gradient(mode, padding, ceil_mode, count_include_pad, divisor_override)
        if mode == "same":
            padding = _fixed_same(kernel_size, stride)
            count_include_pad = count_include_pad and (ceil_mode or divisor_override is not None)
            ceil_mode = False
        _check_half(padding, kernel_size)
        return _size(stride), _size(padding), ceil_mode, count_include_pad, divisor_override


@rule("avg_pool_1d")
class AvgPool1d:
    """Always pad_mode 'pad', which is twice as fast as 'valid' on CPU."""

    @staticmethod
    def to_mindspore(
        stride: Optional[Size],
        padding: Size,
        ceil_mode: bool,
        count_include_pad: bool,
        *,
        kernel_size: Size,
    ) -> tuple[Any, str, Any, bool, bool]:
        """count_include_pad is True where there is no padding"""
        given = (stride, padding, ceil_mode, count_include_pad, None)
        step, _, *rest, _ = AvgPool.to_mindspore(*given, kernel_size=kernel_size)
        return step, "pad", *rest

    @staticmethod
    def to_torch(
        stride: Size,
        pad_mode: str,
        padding: Size,
        ceil_mode: bool,
        count_include_pad: bool,
        *,
        kernel_size: Size,
    ) -> tuple[Any, Any, bool, bool]:
        """The padding, or that of 'same' where it is fixed"""
        mode = mode_of(pad_mode, padding)
        if mode == "same":
            padding = _fixed_same(kernel_size, stride)
            count_include_pad = count_include_pad and ceil_mode
            ceil_mode = False
        _check_half(padding, kernel_size)
        return _size(stride), _size(padding), ceil_mode, count_include_pad


@rule("avg_pool_3d")
class AvgPool3d(AvgPool):
    """As in two dimensions, but pad_mode 'same' counts the padding where it is asked to."""

    @staticmethod
    def to_torch(
        stride: Size,
        pad_mode: str,
        padding: Size,
        ceil_mode: bool,
        count_include_pad: bool,
        divisor_override: Optional[int],
        *,
        kernel_size: Size,
    ) -> tuple[Any, Any, bool, bool, Optional[int]]:
        """The padding, or that of 'same' where it is fixed"""
        mode = mode_of(pad_mode, padding)
        _refuse_wrong_gradient(mode, padding, ceil_mode, count_include_pad, divisor_override)
        if mode == "same":
            padding, ceil_mode = _fixed_same(kernel_size, stride), False
        _check_half(padding, kernel_size)
        return _size(stride), _size(padding), ceil_mode, count_include_pad, divisor_override


def _refuse_wrong_gradient(
    mode: str, padding: Size, ceil_mode: bool, include: bool, divisor: Optional[int]
) -> None:
    pads = mode == "same" or ceil_mode or not _is_zero(padding)
    if pads and divisor is not None and not include:
        raise Unsupported(
            "MindSpore's gradient does not fit its own result with divisor_override, "
            "count_include_pad=False and padding; PyTorch's does.",
            final=True,
        )
