"""PyTorch's dropout layers on MindSpore, where its own lack a form."""

from __future__ import annotations

import math
from typing import Any

from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.activation import number, single

ALPHA = 1.7580993408473766


class _Dropout(nn.Cell):
    """What all share: nothing happens in evaluation, at p=0, and to an empty input."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        del inplace
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.drop = nn.Dropout(p=0.0 if p == 1 else p)

    def construct(self, input: Any) -> Any:
        if not self.training or self.p == 0 or input.size == 0:
            return input
        if self.p == 1:
            return input * 0
        return self.dropped(input)

    def dropped(self, input: Any) -> Any:
        """In training, with p between 0 and 1."""
        return self.drop(input)

    def channelwise(self, input: Any, batched: bool = True) -> Any:
        """The mask of whole channels, each 0 or 1 / (1 - p), of rank 2 with the batch axis."""
        kept = 2 if batched else 1
        shape = input.shape[:kept] + (1,) * (input.ndim - kept)
        return self.drop(ops.ones(shape, input.dtype))


@keeps_arguments
class Dropout(_Dropout):
    """``torch.nn.Dropout`` on MindSpore, also where p=1 drops everything."""


@keeps_arguments
class Dropout1d(_Dropout):
    """``torch.nn.Dropout1d`` on MindSpore, for (N, C, L) or (C, L)."""

    def dropped(self, input: Any) -> Any:
        if input.ndim not in (2, 3):
            raise ValueError(f"expected an input of rank 2 or 3, got {input.ndim}")
        return input * self.channelwise(input, input.ndim == 3)


@keeps_arguments
class Dropout2d(_Dropout):
    """``torch.nn.Dropout2d`` on MindSpore, whose input of rank 3 is (N, C, L) in PyTorch 2.13."""

    def dropped(self, input: Any) -> Any:
        if input.ndim < 2:
            raise ValueError("expected an input of rank 2 or more")
        return input * self.channelwise(input)


@keeps_arguments
class Dropout3d(_Dropout):
    """``torch.nn.Dropout3d`` on MindSpore, for (N, C, D, H, W) or (C, D, H, W)."""

    def dropped(self, input: Any) -> Any:
        return input * self.channelwise(input, input.ndim == 5)


@keeps_arguments
class AlphaDropout(_Dropout):
    """``torch.nn.AlphaDropout`` on MindSpore: mean and variance stay."""

    def dropped(self, input: Any) -> Any:
        return self.blended(input, self.drop(ops.ones_like(single(input))))

    def blended(self, input: Any, mask: Any) -> Any:
        """The kept values and the low one, scaled and moved, as PyTorch does."""
        scale = 1 / math.sqrt((ALPHA**2 * self.p + 1) * (1 - self.p))
        x = single(input)
        low, a = number(ALPHA * scale, x.dtype), number(scale, x.dtype)
        kept = (mask > 0).astype(x.dtype)
        shift = (kept - 1) * low + number(ALPHA * scale * self.p, x.dtype)
        return (x * (kept * a) + shift).astype(input.dtype)


@keeps_arguments
class FeatureAlphaDropout(AlphaDropout):
    """``torch.nn.FeatureAlphaDropout`` on MindSpore: whole channels of each sample."""

    def dropped(self, input: Any) -> Any:
        if input.ndim < 2:
            raise ValueError("expected an input of rank 2 or more")
        return self.blended(input, self.channelwise(single(input)))
