"""PyTorch's stacks of Transformer layers, and its Transformer, on MindSpore."""

from __future__ import annotations

import copy
from typing import Any, Optional, Union

import mindspore
import numpy as np
from mindspore import nn
from mindspore.common.initializer import initializer

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.norm_layer import LayerNorm
from apimap.composed.mindspore.transformer import TransformerDecoderLayer, TransformerEncoderLayer


def _clones(layer: Any, count: int) -> Any:
    return nn.CellList([copy.deepcopy(layer) for _ in range(count)])


@keeps_arguments
class TransformerEncoder(nn.Cell):
    """``torch.nn.TransformerEncoder`` on MindSpore, as PyTorch computes it with gradients on."""

    converted_children = ("layers", "norm")

    def __init__(
        self,
        encoder_layer: Any,
        num_layers: int,
        norm: Optional[Any] = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        del enable_nested_tensor, mask_check
        self.layers = _clones(encoder_layer, num_layers)
        self.norm = norm

    def construct(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: Optional[bool] = None,
    ) -> Any:
        x = src
        for layer in self.layers:
            x = layer(x, mask, src_key_padding_mask, is_causal is True)
        return x if self.norm is None else self.norm(x)


@keeps_arguments
class TransformerDecoder(nn.Cell):
    """``torch.nn.TransformerDecoder`` on MindSpore."""

    converted_children = ("layers", "norm")

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Optional[Any] = None) -> None:
        super().__init__()
        self.layers = _clones(decoder_layer, num_layers)
        self.norm = norm

    def construct(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: Optional[bool] = None,
        memory_is_causal: bool = False,
    ) -> Any:
        x = tgt
        for layer in self.layers:
            x = layer(
                x,
                memory,
                tgt_mask,
                memory_mask,
                tgt_key_padding_mask,
                memory_key_padding_mask,
                tgt_is_causal is True,
                memory_is_causal,
            )
        return x if self.norm is None else self.norm(x)


class Transformer(nn.Cell):
    """``torch.nn.Transformer`` on MindSpore.

    It does not remember custom stacks as arguments, since PyTorch's constructor gives their
    parameters new values; they are converted as its children.
    """

    converted_children = ("encoder", "decoder")

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Union[str, Any] = "relu",
        custom_encoder: Optional[Any] = None,
        custom_decoder: Optional[Any] = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        given = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        super().__init__()
        del device, dtype
        self.apimap_arguments = {**given, "custom_encoder": None, "custom_decoder": None}
        size = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps)
        layer = (*size, batch_first, norm_first, bias)
        self.encoder: Any = custom_encoder
        self.decoder: Any = custom_decoder
        if custom_encoder is None:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias)
            block: Any = TransformerEncoderLayer(*layer)
            self.encoder = TransformerEncoder(block, num_encoder_layers, norm)
        if custom_decoder is None:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias)
            block = TransformerDecoderLayer(*layer)
            self.decoder = TransformerDecoder(block, num_decoder_layers, norm)
        for parameter in self.get_parameters():
            if parameter.ndim > 1:
                parameter.set_data(initializer("xavier_uniform", parameter.shape, parameter.dtype))
        self.d_model, self.batch_first = d_model, batch_first

    def construct(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: Optional[bool] = None,
        tgt_is_causal: Optional[bool] = None,
        memory_is_causal: bool = False,
    ) -> Any:
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal,
            memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """Minus infinity above the diagonal, zeros elsewhere."""
        del device
        mask = np.triu(np.full((sz, sz), -np.inf, np.float32), 1)
        return mindspore.Tensor(mask, mindspore.float32 if dtype is None else dtype)
