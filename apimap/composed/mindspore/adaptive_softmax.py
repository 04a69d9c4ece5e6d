"""PyTorch's AdaptiveLogSoftmaxWithLoss on MindSpore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mindspore import nn, ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.loss_classes import log_softmax


@keeps_arguments
class AdaptiveLogSoftmaxWithLoss(nn.Cell):
    """``torch.nn.AdaptiveLogSoftmaxWithLoss`` on MindSpore: ``(output, loss)``.

    Every cluster is computed for every row, and each row takes its own cluster's.
    """

    converted_children = ("head", "tail")

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        ends = [*cutoffs, n_classes]
        if not cutoffs or ends != sorted(set(ends)) or ends[0] <= 0:
            raise ValueError("cutoffs must increase from above 0 to below n_classes")
        self.ends, self.n_classes = tuple(ends), n_classes
        self.clusters = len(cutoffs)
        self.head = nn.Dense(in_features, ends[0] + len(cutoffs), has_bias=head_bias)
        tail = []
        for number, (low, high) in enumerate(zip(ends, ends[1:], strict=False), 1):
            width = int(in_features // (div_value**number))
            inner = nn.Dense(in_features, width, has_bias=False)
            tail.append(nn.SequentialCell(inner, nn.Dense(width, high - low, has_bias=False)))
        self.tail = nn.CellList(tail)

    def construct(self, input_: Any, target_: Any) -> Any:
        if target_.ndim != input_.ndim - 1 or input_.ndim not in (1, 2):
            raise ValueError("takes input (N, in_features) with target (N), or both without N")
        rows, target = input_.reshape(-1, input_.shape[-1]), target_.reshape(-1)
        chosen = ops.gather_elements(self.log_prob(rows), 1, target.expand_dims(1)).squeeze(1)
        loss = (-chosen).mean()
        return (chosen if target_.ndim else chosen.squeeze(0)), loss

    def log_prob(self, input: Any) -> Any:
        """Log probabilities of all classes: (N, in_features) to (N, n_classes)."""
        head = log_softmax(self.head(input), 1)
        first = self.ends[0]
        parts = [head[:, :first]]
        for number in range(self.clusters):
            inner = log_softmax(self.tail[number](input), 1)
            parts.append(inner + head[:, first + number].expand_dims(1))
        return ops.cat(tuple(parts), 1)

    def predict(self, input: Any) -> Any:
        """The most likely class of each row: (N, in_features) to (N)."""
        return self.log_prob(input).argmax(1)
