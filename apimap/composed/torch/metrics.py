"""MindSpore's measures of how alike two images are on PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from apimap.composed import keeps_arguments

FLOATS = (torch.float16, torch.float32)


def _check(img1: Any, img2: Any, dtypes: tuple[torch.dtype, ...] = ()) -> None:
    if img1.ndim != 4:
        raise ValueError(f"takes (N, C, H, W), not {tuple(img1.shape)}")
    if dtypes and img1.dtype not in dtypes:
        raise TypeError(f"takes {', '.join(map(str, dtypes))}, not {img1.dtype}")
    if img1.shape != img2.shape or img1.dtype != img2.dtype:
        found = f"{tuple(img2.shape)} of {img2.dtype}"
        raise TypeError(f"takes images of one shape and dtype, not {found} as the second")


def _range(image: Any) -> float:
    """The largest number of an integer dtype, by which images and ``max_val`` are divided."""
    return 1.0 if image.is_floating_point() else float(torch.iinfo(image.dtype).max)


def _scaled(image: Any) -> Any:
    largest = _range(image)
    wide = image.to(torch.float32)
    return wide if largest == 1.0 else wide * (1.0 / largest)


def _window(size: int, sigma: float) -> Any:
    rows, columns = np.mgrid[-size // 2 + 1 : size // 2 + 1, -size // 2 + 1 : size // 2 + 1]
    squares = rows.astype(np.float32) ** 2 + columns.astype(np.float32) ** 2
    bell = np.exp(-squares / (2 * sigma**2))
    return torch.from_numpy((bell / bell.sum()).astype(np.float32))[None, None]


def _windowed(size: int, sigma: float) -> nn.Conv2d:
    conv = nn.Conv2d(1, 1, size, bias=False)
    conv.weight.requires_grad = False
    conv.weight.copy_(_window(size, sigma))
    return conv


class _Similarity(nn.Module):
    """Means, variances and covariances below a window, channel by channel."""

    def __init__(self, max_val: float, k1: float, k2: float) -> None:
        super().__init__()
        self.max_val, self.k1, self.k2 = max_val, k1, k2

    def compared(self, img1: Any, img2: Any, conv: nn.Conv2d, largest: float) -> tuple[Any, Any]:
        """The structural similarity and its contrast part, of each image's channels."""
        shape = img1.shape[:2]
        one, two = img1.flatten(0, 1)[:, None], img2.flatten(0, 1)[:, None]
        mu1, mu2 = conv(one), conv(two)
        squared1, squared2, both = mu1 * mu1, mu2 * mu2, mu1 * mu2
        sigma1, sigma2 = conv(one * one) - squared1, conv(two * two) - squared2
        covariance = conv(one * two) - both
        c1, c2 = ((k * self.max_val / largest) ** 2 for k in (self.k1, self.k2))
        contrast, spread = 2 * covariance + c2, sigma1 + sigma2 + c2
        similarity = ((2 * both + c1) * contrast) / ((squared1 + squared2 + c1) * spread)
        means = [each.mean((1, 2, 3)).reshape(shape) for each in (similarity, contrast / spread)]
        return means[0], means[1]


@keeps_arguments
class SSIM(_Similarity):
    """``mindspore.nn.SSIM`` on PyTorch."""

    def __init__(
        self,
        max_val: float = 1.0,
        filter_size: int = 11,
        filter_sigma: float = 1.5,
        k1: float = 0.01,
        k2: float = 0.03,
    ) -> None:
        super().__init__(max_val, k1, k2)
        self.conv = _windowed(filter_size, filter_sigma)

    def forward(self, img1: Any, img2: Any) -> Any:
        _check(img1, img2, FLOATS)
        one, two = _scaled(img1), _scaled(img2)
        return self.compared(one, two, self.conv, _range(img1))[0].mean(-1)


@keeps_arguments
class MSSSIM(_Similarity):
    """``mindspore.nn.MSSSIM`` on PyTorch: the images and their halves, each by its power."""

    def __init__(
        self,
        max_val: float = 1.0,
        power_factors: tuple[float, ...] = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
        filter_size: int = 11,
        filter_sigma: float = 1.5,
        k1: float = 0.01,
        k2: float = 0.03,
    ) -> None:
        super().__init__(max_val, k1, k2)
        self.power_factors = tuple(power_factors)
        windows = (_windowed(filter_size, filter_sigma) for _ in self.power_factors)
        self.multi_convs_list = nn.ModuleList(windows)

    def forward(self, img1: Any, img2: Any) -> Any:
        _check(img1, img2, (torch.float64, *FLOATS, torch.uint8))
        one, two, parts = _scaled(img1), _scaled(img2), []
        for conv in self.multi_convs_list:
            similarity, contrast = self.compared(one, two, conv, _range(img1))
            parts.append(contrast)
            one, two = functional.avg_pool2d(one, 2), functional.avg_pool2d(two, 2)
        scales = torch.stack([*parts[:-1], similarity], -1).relu()
        powers = torch.tensor(self.power_factors, dtype=torch.float32, device=img1.device)
        return (scales**powers).prod(-1).mean(-1)


@keeps_arguments
class PSNR(nn.Module):
    """``mindspore.nn.PSNR`` on PyTorch: decibels of the largest value over the mean square."""

    def __init__(self, max_val: float = 1.0) -> None:
        super().__init__()
        self.max_val = max_val

    def forward(self, img1: Any, img2: Any) -> Any:
        _check(img1, img2)
        squares = torch.square(_scaled(img1) - _scaled(img2)).mean((1, 2, 3))
        return 10 * torch.log((self.max_val / _range(img1)) ** 2 / squares) / math.log(10.0)
