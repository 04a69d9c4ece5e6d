"""Attention masks on MindSpore, kept as small as they are until they are added to the scores.

A merged mask has the shape (1, batch or batch and head; 1 or query; key).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Optional

import mindspore
import numpy as np
from mindspore import ops

Sizes = tuple[int, int, int]
"""The batch, heads and queries."""


@ops.constexpr
@cache
def causal(length: int, given: int, dtype: Any) -> Any:
    """Each query sees the keys up to its own position."""
    hidden = np.triu(np.full((length, given), -np.inf, np.float32), 1)
    return mindspore.Tensor(hidden[None], dtype)


@ops.constexpr
@cache
def mask_rows(first: int, second: int, batch: int, heads: int, length: int) -> Any:
    """The row of a merged mask for each (batch, head, query)."""
    n, h, q = np.ogrid[:batch, :heads, :length]
    leading = n * heads + h if first == batch * heads else n if first == batch else 0
    rows = leading * second + (q if second == length else 0) + np.zeros((batch, heads, length))
    return mindspore.Tensor(rows.reshape(-1).astype(np.int32))


def additive(mask: Any, dtype: Any) -> Any:
    """Minus infinity where a boolean mask is true."""
    if mask.dtype == mindspore.bool_:
        hidden = mindspore.Tensor(float("-inf"), dtype)
        return ops.where(mask, hidden, mindspore.Tensor(0.0, dtype))
    return mask if mask.dtype == dtype else mask.astype(dtype)


def merged(masks: tuple[Any, Any], sizes: Sizes, given: int, extra: int, dtype: Any) -> Any:
    """The attention mask and the key padding mask as one; ``extra`` keys are never masked."""
    attn_mask, padding = masks
    batch, heads, length = sizes
    mask: Optional[Any] = None
    if attn_mask is not None:
        mask = additive(_by_query(attn_mask, sizes, given), dtype)
    if padding is not None:
        if padding.shape != (batch, given):
            raise ValueError(f"expected a key_padding_mask of shape {(batch, given)}")
        keys = additive(padding, dtype).reshape((batch, 1, given))
        mask = keys if mask is None else mask + _for_each_head(keys, mask.shape[0], heads)
    if mask is not None and extra:
        unmasked = ops.zeros((mask.shape[0], mask.shape[1], extra), dtype)
        mask = ops.cat((mask, unmasked), -1)
    return mask


def _by_query(mask: Any, sizes: Sizes, given: int) -> Any:
    batch, heads, length = sizes
    shape = (1 if mask.ndim == 2 else batch * heads, length, given)
    if mask.shape != shape[-mask.ndim :]:
        raise ValueError(f"expected an attn_mask of shape {shape[1:]} or of each batch and head")
    return mask.reshape(shape)


def _for_each_head(keys: Any, first: int, heads: int) -> Any:
    """A padding mask beside an attention mask of each head, or of none."""
    return ops.repeat_interleave(keys, heads, 0) if first > 1 else keys


def seeing(mask: Any) -> Any:
    """For each row, as a column, whether any key is seen."""
    highest = ops.amax(mask, -1).reshape((-1, 1))
    return highest != mindspore.Tensor(float("-inf"), mask.dtype)


def without_blind_rows(mask: Any) -> Any:
    """Zeros in the rows that see no key, of which MindSpore 2.10's softmax makes noise."""
    across = ops.ones((1, mask.shape[-1]), mask.dtype)
    sees = ops.MatMul()(seeing(mask).astype(mask.dtype), across).reshape(mask.shape)
    return ops.where(sees > 0, mask, ops.zeros_like(mask))


def expanded(mask: Any, sizes: Sizes) -> Any:
    """A row for each (batch, head, query)."""
    first, second, given = mask.shape
    return ops.gather(mask.reshape((-1, given)), mask_rows(first, second, *sizes), 0)


def attendable(mask: Any, sizes: Sizes, width: int, otherwise: float) -> Any:
    """1 in the rows of (batch, head, query) that see a key, another number in the others."""
    one, none = mindspore.Tensor(1.0, mask.dtype), mindspore.Tensor(otherwise, mask.dtype)
    column = ops.where(seeing(mask), one, none)
    column = ops.gather(column, mask_rows(mask.shape[0], mask.shape[1], *sizes), 0)
    return ops.MatMul()(column, ops.ones((1, width), mask.dtype))
