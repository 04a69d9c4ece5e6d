"""MindSpore's small mathematical cells on PyTorch."""

from __future__ import annotations

from typing import Any, Optional, Union

import torch
from torch import nn

from apimap.composed import keeps_arguments

Axis = Union[int, tuple[int, ...], None]


def _axes(axis: Axis, x: Any) -> tuple[int, ...]:
    """All axes where none is named, as MindSpore's reductions read it."""
    if axis is None or axis == ():
        return tuple(range(x.ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)


@keeps_arguments
class LGamma(nn.Module):
    """``mindspore.nn.LGamma`` on PyTorch."""

    def forward(self, x: Any) -> Any:
        return torch.lgamma(x)


@keeps_arguments
class DiGamma(nn.Module):
    """``mindspore.nn.DiGamma`` on PyTorch."""

    def forward(self, x: Any) -> Any:
        return torch.digamma(x)


@keeps_arguments
class LBeta(nn.Module):
    """``mindspore.nn.LBeta`` on PyTorch: the logarithm of the beta function."""

    def forward(self, x: Any, y: Any) -> Any:
        a, b = x.double(), y.double()
        return (torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)).to(x.dtype)


@keeps_arguments
class L1Regularizer(nn.Module):
    """``mindspore.nn.L1Regularizer`` on PyTorch."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, weights: Any) -> Any:
        return torch.tensor(self.scale, dtype=torch.float32) * weights.abs().sum()


@keeps_arguments
class ClipByNorm(nn.Module):
    """``mindspore.nn.ClipByNorm`` on PyTorch: too long vectors get the length ``clip_norm``."""

    def __init__(self, axis: Axis = None) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: Any, clip_norm: Any) -> Any:
        wide = x.float()
        squares = (wide * wide).sum(_axes(self.axis, x), keepdim=True)
        positive = squares > 0
        root = torch.sqrt(torch.where(positive, squares, torch.ones_like(squares)))
        length = torch.where(positive, root, squares)
        bound = clip_norm.float()
        return wide * bound / torch.maximum(length, bound)


@keeps_arguments
class Moments(nn.Module):
    """``mindspore.nn.Moments`` on PyTorch: mean and variance, whose mean has no gradient."""

    def __init__(self, axis: Axis = None, keep_dims: Optional[bool] = None) -> None:
        super().__init__()
        self.axis, self.keep_dims = axis, bool(keep_dims)

    def forward(self, x: Any) -> tuple[Any, Any]:
        wide, axes = x.float() if x.dtype == torch.float16 else x, _axes(self.axis, x)
        mean = wide.mean(axes, keepdim=True)
        variance = torch.square(wide - mean.detach()).mean(axes, keepdim=True)
        if not self.keep_dims:
            mean, variance = mean.squeeze(axes), variance.squeeze(axes)
        return mean.to(x.dtype), variance.to(x.dtype)


@keeps_arguments
class Norm(nn.Module):
    """``mindspore.nn.Norm`` on PyTorch: the Euclidean length."""

    def __init__(self, axis: Axis = (), keep_dims: bool = False) -> None:
        super().__init__()
        self.axis, self.keep_dims = axis, keep_dims

    def forward(self, x: Any) -> Any:
        axes = _axes(self.axis, x)
        root = torch.sqrt(torch.square(x).sum(axes, keepdim=True))
        return root if self.keep_dims else root.squeeze(axes)


@keeps_arguments
class ReduceLogSumExp(nn.Module):
    """``mindspore.nn.ReduceLogSumExp`` on PyTorch, shifted by the largest of all elements."""

    def __init__(self, axis: Axis, keep_dims: bool = False) -> None:
        super().__init__()
        self.axis, self.keep_dims = axis, keep_dims

    def forward(self, x: Any) -> Any:
        largest = x.amax()
        shifted = torch.exp(x - largest)
        return torch.log(shifted.sum(_axes(self.axis, x), keepdim=self.keep_dims)) + largest


@keeps_arguments
class MatMul(nn.Module):
    """``mindspore.nn.MatMul`` on PyTorch."""

    def __init__(self, transpose_x1: bool = False, transpose_x2: bool = False) -> None:
        super().__init__()
        self.transpose_x1, self.transpose_x2 = transpose_x1, transpose_x2

    def forward(self, x1: Any, x2: Any) -> Any:
        if self.transpose_x1 and x1.ndim > 1:
            x1 = x1.transpose(-1, -2)
        if self.transpose_x2 and x2.ndim > 1:
            x2 = x2.transpose(-1, -2)
        return torch.matmul(x1, x2)


@keeps_arguments
class OneHot(nn.Module):
    """``mindspore.nn.OneHot`` on PyTorch: an index outside gives a row of ``off_value``."""

    def __init__(
        self,
        axis: int = -1,
        depth: int = 1,
        on_value: float = 1.0,
        off_value: float = 0.0,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del dtype
        self.axis, self.depth = axis, depth
        self.on_value, self.off_value = on_value, off_value

    def forward(self, indices: Any) -> Any:
        is_on = indices.unsqueeze(-1) == torch.arange(self.depth, device=indices.device)
        values = torch.where(is_on, float(self.on_value), float(self.off_value))
        return values if self.axis == -1 else values.movedim(-1, self.axis)


@keeps_arguments
class Tril(nn.Module):
    """``mindspore.nn.Tril`` on PyTorch."""

    def forward(self, x: Any, k: int = 0) -> Any:
        return torch.tril(x, k)


@keeps_arguments
class Triu(nn.Module):
    """``mindspore.nn.Triu`` on PyTorch."""

    def forward(self, x: Any, k: int = 0) -> Any:
        return torch.triu(x, k)


@keeps_arguments
class IGamma(nn.Module):
    """``mindspore.nn.IGamma`` on PyTorch, which has no gradient for ``a``."""

    def forward(self, a: Any, x: Any) -> Any:
        return torch.special.gammainc(a, x)


@keeps_arguments
class SparseTensorDenseMatmul(nn.Module):
    """``mindspore.nn.SparseTensorDenseMatmul`` on PyTorch, by the dense matrix."""

    def __init__(self, adjoint_st: bool = False, adjoint_dt: bool = False) -> None:
        super().__init__()
        self.adjoint_st, self.adjoint_dt = adjoint_st, adjoint_dt

    def forward(self, indices: Any, values: Any, sparse_shape: Any, dense: Any) -> Any:
        rows, columns = indices.long().unbind(1)
        matrix = values.new_zeros(sparse_shape)
        matrix = matrix.index_put((rows, columns), values, accumulate=True)
        left = matrix.T if self.adjoint_st else matrix
        return left @ (dense.T if self.adjoint_dt else dense)
