"""PyTorch's multihead attention on MindSpore.

On CPU, MindSpore 2.10 takes 10 ns an element for a transposition and for a sum with a broadcast
operand, and a tenth of it for gathered rows and for operands of one shape, so heads and masks are
moved by rows.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Optional

import mindspore
import numpy as np
from mindspore import Parameter, nn, ops
from mindspore.common.initializer import HeUniform, XavierNormal, XavierUniform, initializer

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.activation import single
from apimap.composed.mindspore.activation_softmax import softmax
from apimap.composed.mindspore.attention_masks import (
    attendable,
    causal,
    expanded,
    merged,
    without_blind_rows,
)
from apimap.composed.mindspore.dropout import Dropout
from apimap.composed.mindspore.empty import empty_result


@ops.constexpr
@cache
def head_rows(length: int, batch: int, heads: int, batch_first: bool) -> Any:
    """Where the rows of (batch, head, position) lie in those of a projection."""
    shape = (batch, length, heads) if batch_first else (length, batch, heads)
    rows = np.arange(batch * length * heads).reshape(shape)
    order = (0, 2, 1) if batch_first else (1, 2, 0)
    return mindspore.Tensor(rows.transpose(order).reshape(-1).astype(np.int32))


@ops.constexpr
@cache
def joined_rows(length: int, batch: int, heads: int, batch_first: bool) -> Any:
    """The way back from ``head_rows``."""
    rows = np.arange(batch * length * heads).reshape((batch, heads, length))
    order = (0, 2, 1) if batch_first else (2, 0, 1)
    return mindspore.Tensor(rows.transpose(order).reshape(-1).astype(np.int32))


@keeps_arguments
class MultiheadAttention(nn.Cell):
    """``torch.nn.MultiheadAttention`` on MindSpore, as PyTorch computes it with gradients on."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: Optional[int] = None,
        vdim: Optional[int] = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(f"num_heads={num_heads} must divide embed_dim={embed_dim}")
        self.embed_dim, self.num_heads, self.batch_first = embed_dim, num_heads, batch_first
        self.head_dim = embed_dim // num_heads
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.add_zero_attn = add_zero_attn
        self.is_packed = self.kdim == self.vdim == embed_dim
        self._projections(bias)
        self.bias_k = self.bias_v = None
        if add_bias_kv:
            self.bias_k = _parameter(XavierNormal(), (1, 1, embed_dim))
            self.bias_v = _parameter(XavierNormal(), (1, 1, embed_dim))
        self.drop = Dropout(dropout)
        self.matmul = ops.MatMul(transpose_b=True)
        self.add_bias = ops.BiasAdd()
        self.scores = ops.BatchMatMul(transpose_b=True)
        self.weigh = ops.BatchMatMul()

    def _projections(self, bias: bool) -> None:
        size = self.embed_dim
        self.in_proj_weight = self.q_proj_weight = None
        self.k_proj_weight = self.v_proj_weight = None
        if self.is_packed:
            self.in_proj_weight = _parameter(XavierUniform(), (3 * size, size))
        else:
            self.q_proj_weight = _parameter(XavierUniform(), (size, size))
            self.k_proj_weight = _parameter(XavierUniform(), (size, self.kdim))
            self.v_proj_weight = _parameter(XavierUniform(), (size, self.vdim))
        self.in_proj_bias = _parameter("zeros", (3 * size,)) if bias else None
        he_uniform = HeUniform(math.sqrt(5))
        self.out_proj = nn.Dense(size, size, he_uniform, "zeros", has_bias=bias)

    def construct(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> Any:
        if is_causal and attn_mask is None:
            raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
        if query.ndim == 2:
            if key_padding_mask is not None:
                key_padding_mask = key_padding_mask.expand_dims(0)
            axis = 0 if self.batch_first else 1
            out, weights = self.attend(
                query.expand_dims(axis),
                key.expand_dims(axis),
                value.expand_dims(axis),
                key_padding_mask,
                need_weights,
                attn_mask,
                average_attn_weights,
                is_causal,
            )
            return out.squeeze(axis), (weights.squeeze(0) if need_weights else None)
        return self.attend(
            query,
            key,
            value,
            key_padding_mask,
            need_weights,
            attn_mask,
            average_attn_weights,
            is_causal,
        )

    def attend(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any,
        need_weights: bool,
        attn_mask: Any,
        average: bool,
        is_causal: bool,
    ) -> Any:
        """Of inputs with a batch axis; float16 is computed in float32 between the projections.

        Where every key is masked PyTorch gives NaN, and zeros where no weights are asked for;
        MindSpore 2.10's softmax of minus infinity alone is whatever lay in memory.
        """
        axis = 1 if self.batch_first else 0
        batch, length, given = query.shape[1 - axis], query.shape[axis], key.shape[axis]
        if batch * length == 0:
            return self.nothing(query, (batch, length, given), need_weights, average)
        if given == 0:
            raise ValueError("attention to no keys has no kernel in MindSpore 2.10")
        q, k, v = self.projected(query, key, value, batch)
        sizes = (batch, self.num_heads, length)
        if is_causal and key_padding_mask is None and not need_weights:
            mask = causal(length, k.shape[1], q.dtype)
        else:
            masks = (attn_mask, key_padding_mask)
            mask = merged(masks, sizes, given, k.shape[1] - given, q.dtype)
        scores = self.scores(ops.mul(q, mindspore.Tensor(self.head_dim**-0.5, q.dtype)), k)
        if mask is not None:
            scores = scores + expanded(without_blind_rows(mask), sizes).reshape(scores.shape)
        weights = softmax(scores, -1)
        if mask is not None and need_weights:
            hidden = attendable(mask, sizes, k.shape[1], float("nan"))
            weights = weights * hidden.reshape(weights.shape)
        weights = self.drop(weights)
        heads = self.weigh(weights, v).reshape((-1, self.head_dim))
        if mask is not None and not need_weights:
            heads = heads * attendable(mask, sizes, self.head_dim, 0.0)
        rows = ops.gather(heads, joined_rows(length, *sizes[:2], self.batch_first), 0)
        rows = like(rows.reshape((-1, self.embed_dim)), query)
        out = self.linear(rows, self.out_proj.weight, self.out_proj.bias).reshape(query.shape)
        if not need_weights:
            return out, None
        weights = like(weights, query).reshape((batch, self.num_heads, length, k.shape[1]))
        return out, (averaged(weights) if average else weights)

    def nothing(self, query: Any, sizes: Any, need_weights: bool, average: bool) -> Any:
        """The results of no queries, which have a gradient of zero."""
        batch, length, given = sizes
        source = self.out_proj.weight.sum()
        for tensor in (self.in_proj_weight, self.in_proj_bias, self.out_proj.bias, self.bias_k):
            source = source if tensor is None else source + tensor.sum()
        for tensor in (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight, self.bias_v):
            source = source if tensor is None else source + tensor.sum()
        out = empty_result(query.shape, source)
        if not need_weights:
            return out, None
        keys = given + int(self.bias_k is not None) + int(self.add_zero_attn)
        shape = (batch, length, keys) if average else (batch, self.num_heads, length, keys)
        return out, empty_result(shape, source)

    def projected(self, query: Any, key: Any, value: Any, batch: int) -> Any:
        """Queries, keys and values as (batch and head, position, feature)."""
        b_q = b_k = b_v = None
        if self.in_proj_bias is not None:
            b_q, b_k, b_v = ops.split(self.in_proj_bias, self.embed_dim)
        if self.is_packed:
            w_q, w_k, w_v = ops.split(self.in_proj_weight, self.embed_dim)
        else:
            w_q, w_k, w_v = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        q = self.by_heads(self.linear(query, w_q, b_q), batch)
        k = self.by_heads(self.linear(key, w_k, b_k), batch)
        v = self.by_heads(self.linear(value, w_v, b_v), batch)
        return q, self.extended(k, self.bias_k, batch), self.extended(v, self.bias_v, batch)

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        rows = self.matmul(x.reshape((-1, x.shape[-1])), weight)
        return rows if bias is None else self.add_bias(rows, bias)

    def by_heads(self, rows: Any, batch: int) -> Any:
        length = rows.shape[0] // batch
        order = head_rows(length, batch, self.num_heads, self.batch_first)
        heads = ops.gather(single(rows).reshape((-1, self.head_dim)), order, 0)
        return heads.reshape((batch * self.num_heads, length, self.head_dim))

    def extended(self, x: Any, bias: Any, batch: int) -> Any:
        """With one position for the bias, and one of zeros."""
        if bias is not None:
            by_head = single(bias).reshape((self.num_heads, 1, self.head_dim))
            x = ops.cat((x, ops.tile(by_head, (batch, 1, 1))), 1)
        if self.add_zero_attn:
            x = ops.cat((x, ops.zeros((x.shape[0], 1, self.head_dim), x.dtype)), 1)
        return x


def like(x: Any, other: Any) -> Any:
    """In the other's dtype; a cast that changes nothing takes 0.6 ms in eager mode."""
    return x if x.dtype == other.dtype else x.astype(other.dtype)


def averaged(weights: Any) -> Any:
    """Over the heads, by a product, which is ten times as fast as a mean."""
    batch, heads, length, given = weights.shape
    shares = ops.fill(weights.dtype, (batch, 1, heads), 1 / heads)
    found = ops.BatchMatMul()(shares, weights.reshape((batch, heads, length * given)))
    return found.reshape((batch, length, given))


def _parameter(values: Any, shape: tuple[int, ...]) -> Any:
    return Parameter(initializer(values, shape, mindspore.float32))
