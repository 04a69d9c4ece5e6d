"""PyTorch's Embedding on MindSpore: rows without gradient, shrunk rows, shared gradients."""

from __future__ import annotations

import math
from typing import Any, Optional

import mindspore
from mindspore import Parameter, nn, ops
from mindspore.common.initializer import Initializer, Normal, initializer

from apimap.composed import keeps_arguments


def _with_gradient_times(rows: Any, share: Any) -> Any:
    """The rows as they are; their gradient times ``share``, and none where they are not finite.

    A cell with a bprop of its own would say it plainly, but fails under ms.jit now and then
    ("func_graph->get_return() is null", MindSpore 2.10).
    """
    scaled = rows * share
    nothing = scaled - ops.stop_gradient(scaled)
    nothing = ops.where(ops.isfinite(rows), nothing, ops.zeros_like(nothing))
    return ops.stop_gradient(rows) + nothing


class _Table(Initializer):
    """PyTorch's first values: normal, and zeros in the row of ``padding_idx``."""

    def __init__(self, padding_idx: Optional[int]) -> None:
        super().__init__(padding_idx=padding_idx)
        self.padding_idx = padding_idx

    def _initialize(self, arr: Any) -> None:
        Normal(1.0)._initialize(arr)
        if self.padding_idx is not None:
            arr[self.padding_idx] = 0


def _shrunk(rows: Any, norm_type: float, limit: Any, tiny: Any, root: Any) -> Any:
    """The rows, of which those longer than ``limit`` get that length."""
    wide = rows.astype(mindspore.float32) if rows.dtype == mindspore.float16 else rows
    length = _length(ops.abs(wide), norm_type, root).astype(rows.dtype).astype(mindspore.float64)
    factor = ops.where(length > limit, limit / (length + tiny), ops.ones_like(length))
    return (wide * factor.astype(wide.dtype)).astype(rows.dtype)


def _length(rows: Any, norm_type: float, root: Any) -> Any:
    if math.isinf(norm_type):
        return ops.amax(rows, 1, True)
    if norm_type == 1:
        return rows.sum(1, keepdims=True)
    if norm_type == 2:
        return ops.sqrt(ops.square(rows).sum(1, keepdims=True))
    powers = ops.pow(rows.astype(mindspore.float64), norm_type).sum(1, keepdims=True)
    return ops.pow(powers, root).astype(rows.dtype)


@keeps_arguments
class Embedding(nn.Cell):
    """``torch.nn.Embedding`` on MindSpore."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: Optional[int] = None,
        max_norm: Optional[float] = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        if sparse:
            raise ValueError("MindSpore's parameters have no sparse gradients")
        self.rows, self.padding_idx = num_embeddings, padding_idx
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError("padding_idx must be within num_embeddings")
        if padding_idx is not None:
            self.padding_idx = padding_idx % num_embeddings
        self.norm_type, self.shrinks = float(norm_type), max_norm is not None
        # A number beside a float64 tensor is rounded to float32 first (MindSpore 2.10).
        wide = mindspore.float64
        self.limit = mindspore.Tensor(max_norm or 0.0, wide)
        self.tiny = mindspore.Tensor(1e-7, wide)
        self.root = mindspore.Tensor(1 / norm_type, wide)
        self.scale_grad_by_freq = scale_grad_by_freq
        values = _Table(self.padding_idx) if _weight is None else _weight
        start = initializer(values, [num_embeddings, embedding_dim])
        self.weight = Parameter(start, name="weight", requires_grad=not _freeze)

    def construct(self, input: Any) -> Any:
        shape = (*input.shape, self.weight.shape[1])
        if input.size == 0:
            return ops.zeros(shape, self.weight.dtype) + self.weight.sum() * 0
        return self.rows_of(input.reshape(-1)).reshape(shape)

    def rows_of(self, ids: Any) -> Any:
        """The rows of some indices, with PyTorch's gradients."""
        if self.shrinks:
            long = ops.stop_gradient(ops.gather(self.weight, ids, 0))
            short = _shrunk(long, self.norm_type, self.limit, self.tiny, self.root)
            ops.scatter_update(self.weight, ids.astype(mindspore.int32), short)
        rows = ops.gather(self.weight, ids, 0)
        if self.scale_grad_by_freq:
            uses = (ids.expand_dims(1) == ids.expand_dims(0)).astype(rows.dtype)
            rows = _with_gradient_times(rows, 1.0 / uses.sum(1, keepdims=True))
        if self.padding_idx is not None:
            is_padding = (ids == self.padding_idx).expand_dims(1)
            rows = ops.where(is_padding, ops.stop_gradient(rows), rows)
        return rows
