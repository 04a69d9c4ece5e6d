"""PyTorch's Fold and Unfold on MindSpore, also for one input without its batch axis."""

from __future__ import annotations

from typing import Any

import mindspore
from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.adapted import padded
from apimap.composed.mindspore.conv import on_axes
from apimap.composed.mindspore.empty import empty_result
from apimap.rules.conv import Size


class _Windows(nn.Cell):
    def _set_windows(self, kernel_size: Size, dilation: Size, padding: Size, stride: Size) -> None:
        self.windows = tuple(on_axes(v, 2) for v in (kernel_size, dilation, padding, stride))

    def construct(self, input: Any) -> Any:
        x = input if input.ndim == self.batched_rank else input.expand_dims(0)
        if input.size == 0:
            result = self._computed(padded(x))
            result = empty_result((0, *result.shape[1:]), result.sum())
        else:
            result = self._computed(x)
        return result if input.ndim == self.batched_rank else result.squeeze(0)


@keeps_arguments
class Unfold(_Windows):
    """``torch.nn.Unfold`` on MindSpore."""

    def __init__(
        self, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:
        super().__init__()
        self._set_windows(kernel_size, dilation, padding, stride)
        self.batched_rank = 4

    def _computed(self, x: Any) -> Any:
        size, dilation, padding, stride = self.windows
        return ops.unfold(x, size, dilation, padding, stride)


@keeps_arguments
class Fold(_Windows):
    """``torch.nn.Fold`` on MindSpore."""

    def __init__(
        self,
        output_size: Size,
        kernel_size: Size,
        dilation: Size = 1,
        padding: Size = 0,
        stride: Size = 1,
    ) -> None:
        super().__init__()
        self._set_windows(kernel_size, dilation, padding, stride)
        self.output_size = mindspore.Tensor(on_axes(output_size, 2), mindspore.int32)
        self.batched_rank = 3

    def _computed(self, x: Any) -> Any:
        size, dilation, padding, stride = self.windows
        return ops.fold(x, self.output_size, size, dilation, padding, stride)
