"""Common layers of PyTorch, each beside what one writes for it in MindSpore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mindspore
import torch

from benchmarks.by_hand import RMSNorm

T, M = torch.nn, mindspore.nn
SIGNAL, IMAGE, VOLUME = (8, 64, 256), (8, 64, 28, 28), (2, 16, 8, 28, 28)
WORDS = (32, 64, 256)
CONV = {"pad_mode": "pad", "has_bias": True}


@dataclass(frozen=True)
class Pair:
    """A layer of PyTorch, the MindSpore layer that one writes for it, and the shape it is given.

    ``classes`` draws whole numbers below it in the place of the input, or for the second input
    where ``targets``; ``takes`` is how the layer is called: on ``one`` input, as the ``first`` of
    several results, or with one input ``thrice``.
    """

    name: str
    module: Callable[[], Any]
    cell: Callable[[], Any]
    shape: tuple[int, ...]
    classes: int = 0
    targets: bool = False
    takes: str = "one"
    train: bool = True


def pairs() -> list[Pair]:
    """All of them, in the order of the table."""
    return [*_linear(), *_normalizing(), *_activating(), *_pooling(), *_sequences()]


def _linear() -> Iterator[Pair]:
    yield Pair("Linear", lambda: T.Linear(512, 512), lambda: M.Dense(512, 512), (256, 512))
    yield Pair(
        "Conv1d k3 p1",
        lambda: T.Conv1d(64, 64, 3, padding=1),
        lambda: M.Conv1d(64, 64, 3, padding=1, **CONV),
        SIGNAL,
    )
    yield Pair(
        "Conv2d k3 p1",
        lambda: T.Conv2d(64, 64, 3, padding=1),
        lambda: M.Conv2d(64, 64, 3, padding=1, **CONV),
        IMAGE,
    )
    yield Pair(
        "Conv3d k3",
        lambda: T.Conv3d(16, 16, 3),
        lambda: M.Conv3d(16, 16, 3, pad_mode="valid", has_bias=True),
        VOLUME,
    )
    yield Pair(
        "ConvTranspose1d k4 s2 p1",
        lambda: T.ConvTranspose1d(64, 64, 4, 2, 1),
        lambda: M.Conv1dTranspose(64, 64, 4, 2, padding=1, **CONV),
        SIGNAL,
    )
    yield Pair(
        "ConvTranspose2d k2 s2",
        lambda: T.ConvTranspose2d(64, 64, 2, 2),
        lambda: M.Conv2dTranspose(64, 64, 2, 2, pad_mode="valid", has_bias=True),
        (8, 64, 14, 14),
    )
    yield Pair(
        "ConvTranspose2d k4 s2 p1",
        lambda: T.ConvTranspose2d(64, 64, 4, 2, 1),
        lambda: M.Conv2dTranspose(64, 64, 4, 2, padding=1, **CONV),
        (8, 64, 14, 14),
    )


def _normalizing() -> Iterator[Pair]:
    yield Pair("BatchNorm1d", lambda: T.BatchNorm1d(512), lambda: M.BatchNorm1d(512), (256, 512))
    yield Pair("BatchNorm2d", lambda: T.BatchNorm2d(64), lambda: M.BatchNorm2d(64), IMAGE)
    for shape in ((8, 128, 768), WORDS):
        yield Pair(
            f"LayerNorm {shape}",
            lambda size=shape[-1]: T.LayerNorm(size),  # type: ignore[misc]
            lambda size=shape[-1]: M.LayerNorm((size,), epsilon=1e-5),  # type: ignore[misc]
            shape,
        )
    yield Pair("GroupNorm", lambda: T.GroupNorm(8, 64), lambda: M.GroupNorm(8, 64), IMAGE)
    yield Pair("InstanceNorm2d", lambda: T.InstanceNorm2d(64), lambda: M.GroupNorm(64, 64), IMAGE)
    yield Pair("RMSNorm", lambda: T.RMSNorm(256), lambda: RMSNorm(256), WORDS)


def _activating() -> Iterator[Pair]:
    yield Pair("ReLU", T.ReLU, M.ReLU, IMAGE)
    yield Pair("GELU", T.GELU, lambda: M.GELU(approximate=False), IMAGE)
    yield Pair("SiLU", T.SiLU, M.SiLU, IMAGE)
    yield Pair("Softmax", lambda: T.Softmax(-1), lambda: M.Softmax(-1), (1024, 256))
    yield Pair("Tanh", T.Tanh, M.Tanh, IMAGE)
    yield Pair("PReLU", lambda: T.PReLU(64), lambda: M.PReLU(64), IMAGE)
    yield Pair(
        "Dropout in eval", lambda: T.Dropout(0.5), lambda: M.Dropout(p=0.5), IMAGE, train=False
    )


def _pooling() -> Iterator[Pair]:
    yield Pair("MaxPool2d", lambda: T.MaxPool2d(2), lambda: M.MaxPool2d(2, 2), IMAGE)
    yield Pair("AvgPool2d", lambda: T.AvgPool2d(2), lambda: M.AvgPool2d(2, 2), IMAGE)
    yield Pair(
        "AdaptiveAvgPool2d",
        lambda: T.AdaptiveAvgPool2d(1),
        lambda: M.AdaptiveAvgPool2d(1),
        IMAGE,
    )
    yield Pair(
        "Upsample bilinear",
        lambda: T.Upsample(scale_factor=2, mode="bilinear"),
        lambda: M.Upsample(scale_factor=2.0, mode="bilinear", recompute_scale_factor=True),
        (8, 16, 28, 28),
    )


def _sequences() -> Iterator[Pair]:
    yield Pair(
        "Embedding",
        lambda: T.Embedding(10000, 256),
        lambda: M.Embedding(10000, 256),
        (32, 64),
        classes=10000,
    )
    yield Pair(
        "MultiheadAttention",
        lambda: T.MultiheadAttention(256, 8, batch_first=True),
        lambda: M.MultiheadAttention(256, 8, batch_first=True),
        (4, 64, 256),
        takes="thrice",
    )
    yield Pair(
        "TransformerEncoderLayer",
        lambda: T.TransformerEncoderLayer(256, 8, 1024, 0.0, batch_first=True),
        lambda: M.TransformerEncoderLayer(256, 8, 1024, 0.0, batch_first=True),
        (4, 64, 256),
    )
    for name in ("LSTM", "GRU", "RNN"):
        yield Pair(
            name,
            lambda name=name: getattr(T, name)(128, 128, batch_first=True),  # type: ignore[misc]
            lambda name=name: getattr(M, name)(128, 128, batch_first=True),  # type: ignore[misc]
            (16, 16, 128),
            takes="first",
        )
    yield Pair(
        "CrossEntropyLoss",
        T.CrossEntropyLoss,
        M.CrossEntropyLoss,
        (256, 1000),
        classes=1000,
        targets=True,
    )
