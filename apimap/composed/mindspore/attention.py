"""PyTorch's multihead attention on MindSpore."""

from __future__ import annotations

from typing import Any, Optional

import mindspore
from mindspore import ops

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.activation_softmax import softmax
from apimap.composed.mindspore.attention_heads import HeadProjections, like
from apimap.composed.mindspore.attention_masks import (
    attendable,
    causal,
    expanded,
    merged,
    without_blind_rows,
)
from apimap.composed.mindspore.dropout import Dropout


@keeps_arguments
class MultiheadAttention(HeadProjections):
    """``torch.nn.MultiheadAttention`` on MindSpore, as PyTorch computes it with gradients on.

    Between the projections float16 is computed in float32.
    """

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
        super().__init__(embed_dim, num_heads, bias, add_bias_kv, kdim, vdim)
        del device, dtype
        self.add_zero_attn, self.batch_first = add_zero_attn, batch_first
        self.drop = Dropout(dropout)
        self.scores = ops.BatchMatMul(transpose_b=True)
        self.weigh = ops.BatchMatMul()

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
        masks = (attn_mask, key_padding_mask, is_causal)
        if query.ndim == 3:
            out, weights = self.attend((query, key, value), masks, need_weights)
        else:
            at = 0 if self.batch_first else 1
            given = (query.expand_dims(at), key.expand_dims(at), value.expand_dims(at))
            if key_padding_mask is not None:
                masks = (attn_mask, key_padding_mask.expand_dims(0), is_causal)
            out, weights = self.attend(given, masks, need_weights)
            out = out.squeeze(at)
        if not need_weights:
            return out, None
        weights = averaged(weights) if average_attn_weights else weights
        return out, (weights if query.ndim == 3 else weights.squeeze(0))

    def attend(self, inputs: Any, masks: Any, need_weights: bool) -> Any:
        """The output, and weights as (batch, head, query, key) where they are needed."""
        query, key, value = inputs
        at = 1 if self.batch_first else 0
        sizes = (query.shape[1 - at], self.num_heads, query.shape[at])
        if sizes[0] * sizes[2] == 0:
            keys = key.shape[at] + int(self.bias_k is not None) + int(self.add_zero_attn)
            return self.nothing(query.shape), self.nothing((*sizes, keys))
        if key.shape[at] == 0:
            raise ValueError("attention to no keys has no kernel in MindSpore 2.10")
        q, k, v = self.projected(query, key, value, sizes[0])
        mask = self.mask(masks, sizes, key.shape[at], k, need_weights)
        weights, heads = self.weighed(q, k, v, mask, sizes, need_weights)
        keys = k.shape[1]
        return self.joined(heads, query, sizes[0]), like(weights, query).reshape((*sizes, keys))

    def mask(self, masks: Any, sizes: Any, given: int, k: Any, need_weights: bool) -> Any:
        """PyTorch takes the causal hint at its word where nothing else asks for the mask."""
        attn_mask, key_padding_mask, is_causal = masks
        if is_causal and key_padding_mask is None and not need_weights:
            return causal(sizes[2], k.shape[1], k.dtype)
        extra = k.shape[1] - given
        return merged((attn_mask, key_padding_mask), sizes, given, extra, k.dtype)

    def weighed(self, q: Any, k: Any, v: Any, mask: Any, sizes: Any, need_weights: bool) -> Any:
        """The weights, and the rows of (batch, head, query).

        Where every key is masked PyTorch gives NaN, and zeros where no weights are asked for;
        MindSpore 2.10's softmax of minus infinity alone is whatever lay in memory.
        """
        scores = self.scores(ops.mul(q, mindspore.Tensor(self.head_dim**-0.5, q.dtype)), k)
        if mask is not None:
            scores = scores + expanded(without_blind_rows(mask), sizes).reshape(scores.shape)
        weights = softmax(scores, -1)
        if mask is not None and need_weights:
            seen = attendable(mask, sizes, k.shape[1], float("nan"))
            weights = weights * seen.reshape(weights.shape)
        weights = self.drop(weights)
        heads = self.weigh(weights, v).reshape((-1, self.head_dim))
        if mask is not None and not need_weights:
            heads = heads * attendable(mask, sizes, self.head_dim, 0.0)
        return weights, heads


def averaged(weights: Any) -> Any:
    """Over the heads, by a product, which is ten times as fast as a mean."""
    batch, heads, length, given = weights.shape
    if weights.size == 0:
        return weights.reshape((batch, length, given))
    shares = ops.fill(weights.dtype, (batch, 1, heads), 1 / heads)
    found = ops.BatchMatMul()(shares, weights.reshape((batch, heads, length * given)))
    return found.reshape((batch, length, given))
