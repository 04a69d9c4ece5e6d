"""MindSpore's normalizations on PyTorch, where PyTorch's own layers lack something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import torch
from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments


class _BatchNorm(nn.Module):
    ranks: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.9,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        moving_mean_init: Any = "zeros",
        moving_var_init: Any = "ones",
        use_batch_statistics: Optional[bool] = None,
        data_format: str = "NCHW",
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del gamma_init, beta_init, moving_mean_init, moving_var_init, dtype
        if data_format != "NCHW":
            raise ValueError(f"data_format must be 'NCHW', not {data_format!r}")
        self.eps, self.momentum = eps, momentum
        self.use_batch_statistics = use_batch_statistics
        self.gamma = nn.Parameter(torch.ones(num_features), requires_grad=affine)
        self.beta = nn.Parameter(torch.zeros(num_features), requires_grad=affine)
        self.register_buffer("moving_mean", torch.zeros(num_features))
        self.register_buffer("moving_variance", torch.ones(num_features))

    def forward(self, x: Any) -> Any:
        if x.ndim not in self.ranks:
            raise ValueError(f"expected an input of rank {self.ranks}, got {x.ndim}")
        by_batch = self.training if self.use_batch_statistics is None else self.use_batch_statistics
        return functional.batch_norm(
            x,
            self.moving_mean,
            self.moving_variance,
            self.gamma,
            self.beta,
            by_batch,
            1.0 - self.momentum,
            self.eps,
        )


@keeps_arguments
class BatchNorm1d(_BatchNorm):
    """``mindspore.nn.BatchNorm1d`` on PyTorch."""

    ranks = (2, 3)


@keeps_arguments
class BatchNorm2d(_BatchNorm):
    """``mindspore.nn.BatchNorm2d`` on PyTorch."""

    ranks = (4,)


@keeps_arguments
class BatchNorm3d(nn.Module):
    """``mindspore.nn.BatchNorm3d`` on PyTorch: a BatchNorm2d with two axes as one."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.9,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        moving_mean_init: Any = "zeros",
        moving_var_init: Any = "ones",
        use_batch_statistics: Optional[bool] = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del gamma_init, beta_init, moving_mean_init, moving_var_init, dtype
        self.bn2d = BatchNorm2d(
            num_features, eps, momentum, affine, use_batch_statistics=use_batch_statistics
        )

    def forward(self, x: Any) -> Any:
        if x.ndim != 5:
            raise ValueError(f"expected an input of rank 5, got {x.ndim}")
        return self.bn2d(x.flatten(2, 3)).reshape(x.shape)


@keeps_arguments
class LayerNorm(nn.Module):
    """``mindspore.nn.LayerNorm`` on PyTorch, whose begin axes may differ."""

    def __init__(
        self,
        normalized_shape: Sequence[int],
        begin_norm_axis: int = -1,
        begin_params_axis: int = -1,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        epsilon: float = 1e-7,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del gamma_init, beta_init, dtype
        self.shape = tuple(normalized_shape)
        self.begin_norm_axis, self.begin_params_axis = begin_norm_axis, begin_params_axis
        self.epsilon = epsilon
        self.gamma = nn.Parameter(torch.ones(self.shape))
        self.beta = nn.Parameter(torch.zeros(self.shape))

    def forward(self, input_x: Any) -> Any:
        if input_x.shape[self.begin_params_axis :] != self.shape:
            raise ValueError(f"expected an input that ends in {self.shape}")
        axes = input_x.shape[self.begin_norm_axis :]
        normal = functional.layer_norm(input_x, axes, eps=self.epsilon)
        return normal * self.gamma.to(normal.dtype) + self.beta.to(normal.dtype)


@keeps_arguments
class SyncBatchNorm(_BatchNorm):
    """``mindspore.nn.SyncBatchNorm`` on PyTorch in one process, where nothing is synchronized."""

    ranks = (2, 4)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.9,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        moving_mean_init: Any = "zeros",
        moving_var_init: Any = "ones",
        use_batch_statistics: Optional[bool] = None,
        process_groups: Any = None,
        dtype: Any = None,
    ) -> None:
        several = torch.distributed.is_available() and torch.distributed.is_initialized()
        if process_groups is not None or (several and torch.distributed.get_world_size() > 1):
            raise ValueError("the composed SyncBatchNorm works in one process only")
        del gamma_init, beta_init, moving_mean_init, moving_var_init, dtype
        super().__init__(
            num_features, eps, momentum, affine, use_batch_statistics=use_batch_statistics
        )
