"""MindSpore's activations on PyTorch, where PyTorch has none of the kind."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from apimap.composed import keeps_arguments


@keeps_arguments
class FastGelu(nn.Module):
    """``mindspore.nn.FastGelu`` on PyTorch: x sigmoid(1.702 x)."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x * torch.sigmoid(1.702 * x)


@keeps_arguments
class RReLU(nn.Module):
    """``mindspore.nn.RReLU`` on PyTorch: random in evaluation too, and with gradient 0 at 0."""

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3) -> None:
        super().__init__()
        self.lower, self.upper = lower, upper

    def forward(self, x: Any) -> Any:
        slope = torch.empty_like(x).uniform_(self.lower, self.upper).detach()
        return x * (torch.where(x < 0, slope, 1) * (x != 0))
