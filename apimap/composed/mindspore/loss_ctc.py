"""PyTorch's CTCLoss on MindSpore."""

from __future__ import annotations

from typing import Any

import mindspore
from mindspore import ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.loss import PlainLoss, number


def lengths(given: Any) -> Any:
    """A tensor of them; PyTorch takes tuples too."""
    if isinstance(given, mindspore.Tensor):
        return given.astype(mindspore.int64).reshape((-1,))
    return mindspore.Tensor(given, mindspore.int64).reshape((-1,))


@keeps_arguments
class CTCLoss(PlainLoss):
    """``torch.nn.CTCLoss`` on MindSpore.

    MindSpore 2.10's kernel on CPU raises where an input is shorter than its labels, misreads an
    input of length 0, and leaves infinities with zero_infinity; elsewhere it is PyTorch's. Rows
    that no alignment fits are replaced by rows without labels and get their values afterwards.
    Where PyTorch raises for a length that is too large the loss is NaN.
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(None, None, reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def construct(
        self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any
    ) -> Any:
        scores = log_probs if log_probs.ndim == 3 else log_probs.expand_dims(1)
        steps = scores.shape[0]
        given, wanted = lengths(input_lengths), lengths(target_lengths)
        labels = self._labels(targets.astype(mindspore.int64), wanted, steps)
        following = ops.arange(1, labels.shape[1]) < wanted.expand_dims(1)
        repeats = ops.logical_and(labels[:, 1:] == labels[:, :-1], following)
        needed = wanted + ops.sum(repeats.astype(mindspore.float32), 1).astype(mindspore.int64)
        wrong = ops.logical_or(given > steps, given < 0)
        if targets.ndim == 2:
            wrong = ops.logical_or(wrong, wanted > targets.shape[1])
        misfit, empty = given < needed, ops.logical_and(given == 0, wanted == 0)
        unfit = ops.logical_or(ops.logical_or(misfit, empty), wrong)
        loss, _ = ops.ctc_loss(
            scores,
            labels,
            ops.where(unfit, ops.full_like(given, steps), given),
            ops.where(unfit, ops.zeros_like(wanted), wanted),
            self.blank,
            "none",
            self.zero_infinity,
        )
        loss = ops.where(unfit, number(0.0, loss.dtype), loss)
        loss = self._infinities(loss, scores, misfit, given)
        loss = ops.where(wrong, number(float("nan"), loss.dtype), loss)
        return self._finished(loss, wanted, log_probs.ndim)

    def _labels(self, targets: Any, wanted: Any, steps: int) -> Any:
        """One row each; rows that lie one after the other are cut at the number of steps."""
        if targets.ndim == 2:
            return targets
        width = max(1, min(steps, targets.shape[0]))
        if targets.shape[0] == 0:
            return ops.zeros((wanted.shape[0], width), mindspore.int64)
        starts = ops.cumsum(wanted, 0) - wanted
        at = starts.expand_dims(1) + ops.arange(width)
        return ops.gather(targets, ops.clamp(at, 0, targets.shape[0] - 1), 0)

    def _infinities(self, loss: Any, scores: Any, misfit: Any, given: Any) -> Any:
        """Zero, or infinite with PyTorch's gradient: NaN in each step that the input has."""
        zero, one = number(0.0, loss.dtype), number(1.0, loss.dtype)
        if self.zero_infinity:
            return ops.where(loss == float("inf"), zero, loss)
        steps = ops.arange(scores.shape[0]).reshape((-1, 1, 1))
        mass = ops.where(steps < given.reshape((1, -1, 1)), ops.exp(scores), zero)
        vanishing = ops.where(misfit, zero * ops.sum(mass, (0, 2)), one)
        return loss - ops.where(misfit, ops.log(vanishing), zero)

    def _finished(self, loss: Any, wanted: Any, rank: int) -> Any:
        if self.reduction == "mean":
            loss = loss / ops.clamp(wanted, 1, None).astype(loss.dtype)
        if self.reduction == "none" and rank == 2:
            return loss.squeeze(0)
        return self.finished(loss, loss.dtype)
