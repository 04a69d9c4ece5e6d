"""PyTorch's EmbeddingBag on MindSpore: rows looked up and reduced by segments."""

from __future__ import annotations

from typing import Any, Optional

import mindspore
from mindspore import ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.embedding import Embedding


@keeps_arguments
class EmbeddingBag(Embedding):
    """``torch.nn.EmbeddingBag`` on MindSpore."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: Optional[float] = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: Optional[int] = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if mode not in ("sum", "mean", "max"):
            raise ValueError("mode has to be one of sum, mean or max")
        if mode == "max" and scale_grad_by_freq:
            raise ValueError("max mode does not support scaling the gradient by the frequency")
        super().__init__(
            num_embeddings,
            embedding_dim,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            _weight,
            False,
            device,
            dtype,
        )
        self.mode, self.include_last_offset = mode, include_last_offset

    def construct(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        if per_sample_weights is not None and self.mode != "sum":
            raise ValueError("per_sample_weights is only supported for mode='sum'")
        ids, length = input.reshape(-1), self.weight.shape[1]
        if input.ndim == 2:
            bags = input.shape[0]
            if input.size == 0:
                return ops.zeros((bags, length), self.weight.dtype) + self.weight.sum() * 0
            places = ops.arange(bags).expand_dims(1).broadcast_to(input.shape).reshape(-1)
        else:
            bags = offsets.shape[0] - int(self.include_last_offset)
            if input.size == 0 or bags == 0:
                return ops.zeros((bags, length), self.weight.dtype) + self.weight.sum() * 0
            starts = offsets[:bags].expand_dims(0) <= ops.arange(ids.shape[0]).expand_dims(1)
            places = starts.astype(mindspore.int32).sum(1) - 1
        weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
        return self.reduced(ids, places.astype(mindspore.int32), bags, weights)

    def reduced(self, ids: Any, places: Any, bags: int, weights: Any) -> Any:
        """The rows of each bag as one; a bag without rows is zeros."""
        counts = ops.ones_like(ids).astype(mindspore.bool_)
        if self.padding_idx is not None:
            counts = ids != self.padding_idx
        rows = self.rows_of(ids)
        if self.mode == "max":
            return _largest(rows, counts, places, bags)
        if weights is not None:
            rows = rows * weights.expand_dims(1)
        rows = ops.where(counts.expand_dims(1), rows, ops.zeros_like(rows))
        total = ops.unsorted_segment_sum(rows, places, bags)
        if self.mode == "sum":
            return total
        sizes = ops.unsorted_segment_sum(counts.astype(mindspore.int32), places, bags)
        return total / ops.maximum(sizes, 1).astype(rows.dtype).expand_dims(1)


def _largest(rows: Any, counts: Any, places: Any, bags: int) -> Any:
    """The largest element of each column; the gradient goes to the first of equal ones."""
    fixed = ops.stop_gradient(rows)
    low = ops.full_like(fixed, float("-inf"))
    fixed = ops.where(counts.expand_dims(1), fixed, low)
    highest = ops.gather(ops.unsorted_segment_max(fixed, places, bags), places, 0)
    number = ops.arange(rows.shape[0]).astype(mindspore.int32).expand_dims(1)
    is_highest = ops.logical_and(fixed == highest, counts.expand_dims(1))
    candidates = ops.where(is_highest, number, ops.full_like(number, rows.shape[0]))
    first = ops.unsorted_segment_min(candidates, places, bags)
    found = first < rows.shape[0]
    taken = ops.gather_elements(rows, 0, ops.where(found, first, ops.zeros_like(first)))
    return ops.where(found, taken, ops.zeros_like(taken))
