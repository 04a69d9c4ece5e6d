"""MindSpore's cells of a layer, its normalisation and its activation on PyTorch."""

from __future__ import annotations

from typing import Any

from torch import nn

from apimap.composed import keeps_arguments
from apimap.composed.torch.conv import Conv2d
from apimap.composed.torch.linear import ACTIVATIONS, Dense


def _activation(activation: Any, alpha: float) -> Any:
    if activation == "leakyrelu":
        return nn.LeakyReLU(alpha)
    return ACTIVATIONS[activation]() if isinstance(activation, str) else activation


class _Combined(nn.Module):
    """One layer, and what follows it where it does."""

    def follow(self, batchnorm: Any, activation: Any) -> None:
        self.batchnorm, self.activation = batchnorm, activation

    def followed(self, result: Any) -> Any:
        result = result if self.batchnorm is None else self.batchnorm(result)
        return result if self.activation is None else self.activation(result)


@keeps_arguments
class Conv2dBnAct(_Combined):
    """``mindspore.nn.Conv2dBnAct`` on PyTorch."""

    converted_children = ("conv", "batchnorm", "activation")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        pad_mode: str = "same",
        padding: Any = 0,
        dilation: Any = 1,
        group: int = 1,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        has_bn: bool = False,
        momentum: float = 0.997,
        eps: float = 1e-5,
        activation: Any = None,
        alpha: float = 0.2,
        after_fake: bool = True,
    ) -> None:
        super().__init__()
        del weight_init, bias_init, after_fake
        shape = (kernel_size, stride, pad_mode, padding, dilation, group, has_bias)
        self.conv = Conv2d(in_channels, out_channels, *shape)
        norm = nn.BatchNorm2d(out_channels, eps, 1 - momentum) if has_bn else None
        self.follow(norm, _activation(activation, alpha))

    def forward(self, x: Any) -> Any:
        return self.followed(self.conv(x))


@keeps_arguments
class DenseBnAct(_Combined):
    """``mindspore.nn.DenseBnAct`` on PyTorch."""

    converted_children = ("dense", "batchnorm", "activation")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        weight_init: Any = None,
        bias_init: Any = None,
        has_bias: bool = True,
        has_bn: bool = False,
        momentum: float = 0.9,
        eps: float = 1e-5,
        activation: Any = None,
        alpha: float = 0.2,
        after_fake: bool = True,
    ) -> None:
        super().__init__()
        del weight_init, bias_init, after_fake
        self.dense = Dense(in_channels, out_channels, has_bias=has_bias)
        norm = nn.BatchNorm1d(out_channels, eps, 1 - momentum) if has_bn else None
        self.follow(norm, _activation(activation, alpha))

    def forward(self, x: Any) -> Any:
        return self.followed(self.dense(x))
