"""PyTorch's transposed convolutions on MindSpore, with every output_padding."""

from __future__ import annotations

from typing import Any

from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.conv import check_groups, new_bias, new_weight, on_axes
from apimap.rules.conv import Size

Shape = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]


class _ConvTranspose(nn.Cell):
    axes = 0

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        check_groups(in_channels, out_channels, groups)
        if padding_mode != "zeros":
            raise ValueError("transposed convolutions have padding_mode 'zeros' only")
        values = (kernel_size, stride, dilation, padding, output_padding)
        size, step, gap, cut, more = (on_axes(value, self.axes) for value in values)
        if any(extra >= max(pair) for extra, *pair in zip(more, step, gap, strict=True)):
            raise ValueError("output_padding must be smaller than either stride or dilation")
        shape = (in_channels, out_channels // groups, *size)
        self.weight = new_weight(shape)
        self.bias = new_bias(out_channels, shape) if bias else None
        self.add_bias = ops.BiasAdd("NCDHW" if self.axes == 3 else "NCHW")
        self.batched_rank = self.axes + 2
        self.channels = (in_channels, out_channels, groups)
        self.step = step
        self._prepare((size, step, gap, cut, more))

    def _prepare(self, shape: Shape) -> None:
        raise NotImplementedError


class _Planar(_ConvTranspose):
    """One or two axes, by the primitive under MindSpore's layers.

    It is told the size of its result, which may exceed the smallest fitting one by less than the
    stride: that is output_padding (exact on CPU, MindSpore 2.10).
    """

    def _prepare(self, shape: Shape) -> None:
        in_channels, self.out_channels, groups = self.channels
        pads, self.offset = [], []
        beyonds = []
        for size, step, gap, cut, more in zip(*shape, strict=True):
            end = max(cut - more, 0)
            beyond = max(more - cut, 0)
            inner = min(beyond, step - 1)
            pads += [cut, end]
            beyonds.append(beyond - inner)
            self.offset.append(gap * (size - 1) + 1 - step - cut - end + inner)
        last_axes = range(4 - self.axes, 4)
        self.tail = tuple(pair for pair in zip(last_axes, beyonds, strict=True) if pair[1])
        unit = (1,) if self.axes == 1 else ()
        self.transpose = ops.Conv2DTranspose(
            out_channel=in_channels,
            kernel_size=(*unit, *shape[0]),
            pad_mode="pad",
            pad=(0, 0, *pads) if self.axes == 1 else tuple(pads),
            stride=(*unit, *shape[1]),
            dilation=(*unit, *shape[2]),
            group=groups,
        )

    def _finish(self, y: Any) -> Any:
        # ops.pad is up to twenty times slower than ops.cat here (MindSpore 2.10, CPU).
        for axis, amount in self.tail:
            shape = (*y.shape[:axis], amount, *y.shape[axis + 1 :])
            y = ops.cat((y, ops.zeros(shape, y.dtype)), axis)
        return y if self.bias is None else self.add_bias(y, self.bias)


@keeps_arguments
class ConvTranspose1d(_Planar):
    """``torch.nn.ConvTranspose1d`` on MindSpore."""

    axes = 1

    def construct(self, input: Any) -> Any:
        x = input if input.ndim == 3 else input.expand_dims(0)
        length = x.shape[2] * self.step[0] + self.offset[0]
        result = (x.shape[0], self.out_channels, 1, length)
        y = self.transpose(x.expand_dims(2), self.weight.expand_dims(2), result)
        y = self._finish(y).squeeze(2)
        return y if input.ndim == 3 else y.squeeze(0)


@keeps_arguments
class ConvTranspose2d(_Planar):
    """``torch.nn.ConvTranspose2d`` on MindSpore."""

    axes = 2

    def construct(self, input: Any) -> Any:
        x = input if input.ndim == 4 else input.expand_dims(0)
        height = x.shape[2] * self.step[0] + self.offset[0]
        width = x.shape[3] * self.step[1] + self.offset[1]
        y = self.transpose(x, self.weight, (x.shape[0], self.out_channels, height, width))
        y = self._finish(y)
        return y if input.ndim == 4 else y.squeeze(0)


@keeps_arguments
class ConvTranspose3d(_ConvTranspose):
    """``torch.nn.ConvTranspose3d`` on MindSpore.

    The input is spread out with zeros and convolved with the flipped kernel, because MindSpore's
    primitive takes no dilation along the depth and no kernel of more than 343 elements.
    """

    axes = 3

    def _prepare(self, shape: Shape) -> None:
        _, out_channels, groups = self.channels
        pads, crop = [], []
        for size, _, gap, cut, more in zip(*shape, strict=True):
            reach = gap * (size - 1)
            pads += [max(reach - cut, 0), max(reach - cut + more, 0)]
            crop += [max(cut - reach, 0), max(cut - reach - more, 0)]
        self.crop = tuple(crop)
        self.has_crop = any(crop)
        self.convolve = ops.Conv3D(
            out_channels, shape[0], 1, "pad", tuple(pads), 1, dilation=shape[2], group=groups
        )

    def _spread(self, x: Any, axis: int, step: int) -> Any:
        if step == 1:
            return x
        shape = x.shape
        gaps = ops.zeros((*shape[: axis + 1], step - 1, *shape[axis + 1 :]), x.dtype)
        x = ops.cat((x.expand_dims(axis + 1), gaps), axis + 1)
        x = x.reshape((*shape[:axis], shape[axis] * step, *shape[axis + 1 :]))
        return x.narrow(axis, 0, (shape[axis] - 1) * step + 1)

    def _flipped(self) -> Any:
        in_channels, out_channels, groups = self.channels
        rows, columns = in_channels // groups, out_channels // groups
        size = self.weight.shape[2:]
        weight = ops.flip(self.weight, (2, 3, 4)).reshape((groups, rows, columns, *size))
        return weight.swapaxes(1, 2).reshape((out_channels, rows, *size))

    def construct(self, input: Any) -> Any:
        x = input if input.ndim == 5 else input.expand_dims(0)
        x = self._spread(x, 2, self.step[0])
        x = self._spread(x, 3, self.step[1])
        x = self._spread(x, 4, self.step[2])
        if self.has_crop:
            a, b, c, d, e, f = self.crop
            _, _, depth, height, width = x.shape
            x = x[:, :, a : depth - b, c : height - d, e : width - f]
        y = self.convolve(x, self._flipped())
        if self.bias is not None:
            y = self.add_bias(y, self.bias)
        return y if input.ndim == 5 else y.squeeze(0)
