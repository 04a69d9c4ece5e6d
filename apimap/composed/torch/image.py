"""MindSpore's cells for images and for several steps at a time on PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from apimap.composed import keeps_arguments


@keeps_arguments
class CentralCrop(nn.Module):
    """``mindspore.nn.CentralCrop`` on PyTorch: the middle of the last two axes."""

    def __init__(self, central_fraction: float) -> None:
        super().__init__()
        self.central_fraction = central_fraction

    def forward(self, image: Any) -> Any:
        if image.ndim not in (3, 4):
            raise ValueError(f"takes (C, H, W) or (N, C, H, W), not {tuple(image.shape)}")
        for axis in (-2, -1):
            size = image.shape[axis]
            start = int((float(size) - float(size * self.central_fraction)) / 2)
            image = image.narrow(axis, start, size - 2 * start)
        return image


@keeps_arguments
class ImageGradients(nn.Module):
    """``mindspore.nn.ImageGradients`` on PyTorch: differences down and to the right."""

    def forward(self, images: Any) -> tuple[Any, Any]:
        if images.ndim != 4:
            raise ValueError(f"takes (N, C, H, W), not {tuple(images.shape)}")
        down = torch.diff(images, dim=2, append=images[:, :, -1:])
        right = torch.diff(images, dim=3, append=images[..., -1:])
        return down, right


@keeps_arguments
class TimeDistributed(nn.Module):
    """``mindspore.nn.TimeDistributed`` on PyTorch: the layer on each step, one after another."""

    converted_children = ("layer",)

    def __init__(self, layer: Any, time_axis: int, reshape_with_axis: Any = None) -> None:
        super().__init__()
        if reshape_with_axis is not None:
            raise ValueError("reshape_with_axis is not composed")
        self.layer, self.time_axis = layer, time_axis

    def forward(self, inputs: Any) -> Any:
        if inputs.ndim < 3:
            raise ValueError(f"takes at least 3 axes, not {tuple(inputs.shape)}")
        steps = [self.layer(step) for step in inputs.unbind(self.time_axis)]
        return torch.stack(steps, self.time_axis)
