"""PyTorch's triplet losses on MindSpore, which has no kernel for its own on CPU."""

from __future__ import annotations

from typing import Any, Optional

from mindspore import ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.loss import PlainLoss, cast, joint, number, working
from apimap.composed.mindspore.loss_margin import not_below_zero


def p_norm(x: Any, p: float) -> Any:
    """Over the last axis, with PyTorch's gradient of 0 where all elements are 0."""
    size = ops.abs(x)
    if p == 1:
        return ops.sum(size, -1)
    if p == float("inf"):
        return ops.amax(size, -1)
    if p == 0:
        return ops.sum((x != 0).astype(x.dtype), -1)
    exponent = number(float(p), x.dtype)
    total = ops.sum(x * x if p == 2 else ops.pow(size, exponent), -1)
    none = total == 0
    one, zero = number(1.0, x.dtype), number(0.0, x.dtype)
    positive = ops.where(none, one, total)
    root = ops.sqrt(positive) if p == 2 else ops.pow(positive, number(1.0 / p, x.dtype))
    return ops.where(none, zero, root)


class TripletLoss(PlainLoss):
    """What both losses make of three distances."""

    margin: float = 1.0
    swap: bool = False

    def checked(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The dtype of the result; PyTorch wants equal ranks."""
        if not (anchor.ndim == positive.ndim == negative.ndim):
            raise RuntimeError("the anchor, positive, and negative tensors need equal ranks")
        return joint(anchor, ops.zeros((), joint(positive, negative)))

    def of_distances(self, near: Any, far: Any, swapped: Any, dtype: Any) -> Any:
        if swapped is not None:
            far = ops.minimum(far, swapped)
        return self.finished(not_below_zero(number(self.margin, near.dtype) + near - far), dtype)


@keeps_arguments
class TripletMarginLoss(TripletLoss):
    """``torch.nn.TripletMarginLoss`` on MindSpore."""

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Optional[bool] = None,
        reduce: Optional[bool] = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"expected margin to be greater than 0, got {margin} instead")
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def construct(self, anchor: Any, positive: Any, negative: Any) -> Any:
        dtype = self.checked(anchor, positive, negative)
        kind = working(dtype)
        a, p, n = cast(anchor, kind), cast(positive, kind), cast(negative, kind)
        swapped = self._distance(p, n) if self.swap else None
        return self.of_distances(self._distance(a, p), self._distance(a, n), swapped, dtype)

    def _distance(self, x: Any, y: Any) -> Any:
        return p_norm(x - y + number(self.eps, x.dtype), self.p)


@keeps_arguments
class TripletMarginWithDistanceLoss(TripletLoss):
    """``torch.nn.TripletMarginWithDistanceLoss`` on MindSpore.

    None is the distance of ``torch.nn.PairwiseDistance()``.
    """

    def __init__(
        self,
        *,
        distance_function: Any = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(None, None, reduction)
        if margin <= 0:
            raise ValueError(f"expected margin to be greater than 0, got {margin} instead")
        self.distance_function, self.margin, self.swap = distance_function, margin, swap

    def construct(self, anchor: Any, positive: Any, negative: Any) -> Any:
        dtype = self.checked(anchor, positive, negative)
        swapped = self._distance(positive, negative) if self.swap else None
        near, far = self._distance(anchor, positive), self._distance(anchor, negative)
        return self.of_distances(near, far, swapped, dtype)

    def _distance(self, x: Any, y: Any) -> Any:
        if self.distance_function is not None:
            return self.distance_function(x, y)
        kind = working(joint(x, y))
        return p_norm(cast(x, kind) - cast(y, kind) + number(1e-6, kind), 2.0)
