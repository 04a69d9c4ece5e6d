"""MindSpore's cells that gather rows, numbers or elements on PyTorch."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments

LOWEST = -3.402823466e38


@keeps_arguments
class MultiFieldEmbeddingLookup(nn.Module):
    """``mindspore.nn.MultiFieldEmbeddingLookup`` on PyTorch: weighted rows, merged by fields."""

    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        field_size: int,
        param_init: Any = "normal",
        target: str = "CPU",
        slice_mode: str = "batch_slice",
        feature_num_list: Any = None,
        max_norm: Optional[float] = None,
        sparse: bool = True,
        operator: str = "SUM",
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del param_init, slice_mode, feature_num_list, sparse, dtype
        if max_norm is not None:
            raise ValueError("max_norm is not composed")
        self.target, self.operator = target, operator
        self.embedding_size, self.field_size = embedding_size, field_size
        table = torch.empty(vocab_size, embedding_size)
        self.embedding_table = nn.Parameter(nn.init.normal_(table, std=0.01))

    def forward(self, input_indices: Any, input_values: Any, field_ids: Any) -> Any:
        batch = input_indices.shape[0]
        segments = batch * self.field_size
        first = torch.arange(0, segments, self.field_size, device=field_ids.device)
        fields = (field_ids.long() + first[:, None]).flatten()
        if bool((fields >= segments).any()):
            raise ValueError(f"a field outside of the {self.field_size} that there are")
        weights = input_values.flatten()
        rows = self._rows(input_indices.flatten())
        held = fields >= 0
        merged = self._merged(weights[held], rows[held], fields[held], segments)
        return merged.reshape(batch, self.field_size, self.embedding_size)

    def _rows(self, indices: Any) -> Any:
        """Zeros where ``target`` is CPU and there is no such row, as MindSpore's kernel reads."""
        size = self.embedding_table.shape[0]
        if self.target != "CPU":
            return functional.embedding(indices, self.embedding_table)
        inside = (indices >= 0) & (indices < size)
        rows = functional.embedding(indices.clamp(0, size - 1), self.embedding_table)
        return torch.where(inside[:, None], rows, torch.zeros_like(rows))

    def _merged(self, weights: Any, rows: Any, fields: Any, segments: int) -> Any:
        values = weights[:, None] * rows
        count = weights.new_zeros(segments).index_add(0, fields, weights.abs())[:, None]
        if self.operator == "MAX":
            values = values + (weights == 0)[:, None] * LOWEST
            start = torch.full((segments, self.embedding_size), LOWEST, device=rows.device)
            places = fields[:, None].expand_as(values)
            merged = start.scatter_reduce(0, places, values, "amax", include_self=False)
            return merged * (count != 0)
        merged = rows.new_zeros(segments, self.embedding_size).index_add(0, fields, values)
        if self.operator == "SUM":
            return merged
        empty = count == 0
        return torch.where(empty, torch.zeros_like(merged), merged / torch.where(empty, 1.0, count))


@keeps_arguments
class Range(nn.Module):
    """``mindspore.nn.Range`` on PyTorch, on the default device, as it takes no input."""

    def __init__(self, start: Any, limit: Any = None, delta: Any = 1) -> None:
        super().__init__()
        numbers = np.arange(start, limit, delta)
        dtype = np.float32 if numbers.dtype == np.float64 else np.int32
        self.numbers = numbers.astype(dtype)

    def forward(self) -> Any:
        return torch.tensor(self.numbers)
