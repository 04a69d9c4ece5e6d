"""MindSpore's padding on PyTorch, where PyTorch has no such layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments

MODES = ("CONSTANT", "REFLECT", "SYMMETRIC")


@keeps_arguments
class Pad(nn.Module):
    """``mindspore.nn.Pad`` on PyTorch: one pair of amounts for each axis of the input."""

    def __init__(self, paddings: Sequence[Sequence[int]], mode: str = "CONSTANT") -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"mode must be one of {MODES}, not {mode!r}")
        self.paddings, self.mode = tuple(map(tuple, paddings)), mode

    def forward(self, x: Any) -> Any:
        if x.ndim != len(self.paddings):
            raise ValueError(f"paddings {self.paddings} do not fit an input of {tuple(x.shape)}")
        if self.mode == "CONSTANT":
            amounts = [amount for pair in reversed(self.paddings) for amount in pair]
            return functional.pad(x, amounts)
        for axis, (before, after) in enumerate(self.paddings):
            if before or after:
                x = x.index_select(axis, self._mirrored(x.shape[axis], before, after, x.device))
        return x

    def _mirrored(self, size: int, before: int, after: int, device: Any) -> Any:
        """Which places of an axis the result shows."""
        edge = 1 if self.mode == "REFLECT" else 0
        if max(before, after) > size - edge:
            raise ValueError(f"paddings {self.paddings} mirror more than an axis of {size} has")
        places = torch.arange(-before, size + after, device=device)
        places = torch.where(places < 0, -places - (1 - edge), places)
        return torch.where(places >= size, 2 * size - places - 1 - edge, places)
