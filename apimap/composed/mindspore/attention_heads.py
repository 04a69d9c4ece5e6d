"""The projections of multihead attention on MindSpore, into heads and back.

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

from apimap.composed.mindspore.activation import single
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


def like(x: Any, other: Any) -> Any:
    """In the other's dtype; a cast that changes nothing takes 0.6 ms in eager mode."""
    return x if x.dtype == other.dtype else x.astype(other.dtype)


def _parameter(values: Any, *shape: int) -> Any:
    return Parameter(initializer(values, shape, mindspore.float32))


class HeadProjections(nn.Cell):
    """The parameters of ``torch.nn.MultiheadAttention``, and what they are multiplied with."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        bias: bool,
        add_bias_kv: bool,
        kdim: Optional[int],
        vdim: Optional[int],
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(f"num_heads={num_heads} must divide embed_dim={embed_dim}")
        self.embed_dim, self.num_heads = embed_dim, num_heads
        self.head_dim = embed_dim // num_heads
        self.matmul, self.add_bias = ops.MatMul(transpose_b=True), ops.BiasAdd()
        self.in_proj_weight = self.q_proj_weight = None
        self.k_proj_weight = self.v_proj_weight = self.bias_k = self.bias_v = None
        kdim, vdim = kdim or embed_dim, vdim or embed_dim
        if kdim == vdim == embed_dim:
            self.in_proj_weight = _parameter(XavierUniform(), 3 * embed_dim, embed_dim)
        else:
            self.q_proj_weight = _parameter(XavierUniform(), embed_dim, embed_dim)
            self.k_proj_weight = _parameter(XavierUniform(), embed_dim, kdim)
            self.v_proj_weight = _parameter(XavierUniform(), embed_dim, vdim)
        self.in_proj_bias = _parameter("zeros", 3 * embed_dim) if bias else None
        he_uniform = HeUniform(math.sqrt(5))
        self.out_proj = nn.Dense(embed_dim, embed_dim, he_uniform, "zeros", has_bias=bias)
        if add_bias_kv:
            self.bias_k = _parameter(XavierNormal(), 1, 1, embed_dim)
            self.bias_v = _parameter(XavierNormal(), 1, 1, embed_dim)

    def projected(self, query: Any, key: Any, value: Any, batch: int) -> Any:
        """Queries, keys and values as (batch and head, position, feature)."""
        b_q = b_k = b_v = None
        if self.in_proj_bias is not None:
            b_q, b_k, b_v = ops.split(self.in_proj_bias, self.embed_dim)
        if self.in_proj_weight is not None:
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

    def joined(self, heads: Any, query: Any, batch: int) -> Any:
        """The output projection of rows of heads, in the query's shape."""
        length = heads.shape[0] // (batch * self.num_heads)
        back = joined_rows(length, batch, self.num_heads, self.batch_first)
        rows = ops.gather(heads, back, 0).reshape((-1, self.embed_dim))
        out = self.linear(like(rows, query), self.out_proj.weight, self.out_proj.bias)
        return out.reshape(query.shape)

    def nothing(self, shape: tuple[int, ...]) -> Any:
        """A result of no queries, which gives every parameter a gradient of zero."""
        source = self.out_proj.weight.sum()
        for tensor in (self.in_proj_weight, self.in_proj_bias, self.out_proj.bias, self.bias_k):
            source = source if tensor is None else source + tensor.sum()
        for tensor in (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight, self.bias_v):
            source = source if tensor is None else source + tensor.sum()
        return empty_result(shape, source)
