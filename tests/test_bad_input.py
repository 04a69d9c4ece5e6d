"""What users will hand in, and what they are told."""

from __future__ import annotations

from typing import Any

import mindspore
import pytest
import torch
from mindspore import nn as mnn
from torch import nn
from torch.nn.utils import parametrizations, spectral_norm, weight_norm

import apimap
from apimap.catalog import default_catalog


class OwnForward(nn.Linear):
    """A subclass that must never be converted as its parent."""

    def forward(self, x: Any) -> Any:
        return 2 * super().forward(x)


class OwnConstruct(mnn.Dense):
    """The same on MindSpore's side."""

    def construct(self, x: Any) -> Any:
        return x


class Model(nn.Module):
    """A user's own model."""

    def forward(self, x: Any) -> Any:
        return x


def hooked() -> nn.Module:
    layer = nn.Linear(2, 3)
    layer.register_forward_hook(lambda *args: None)
    return layer


def with_buffer() -> nn.Module:
    layer = nn.Linear(2, 3)
    layer.register_buffer("mask", torch.ones(2))
    return layer


def replaced() -> nn.Module:
    layer = nn.Linear(2, 3)
    layer.forward = lambda x: x
    return layer


def sharing_memory() -> nn.Module:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = nn.Parameter(model[0].weight.detach().t())
    return model


REFUSED = [
    (lambda: OwnForward(2, 3), "OwnForward is a subclass of torch.nn.Linear with its own forward"),
    (lambda: nn.Sequential(nn.ReLU(), OwnForward(2, 3)), "Sequential.1: OwnForward"),
    (Model, "Model is no layer that apimap maps"),
    (lambda: nn.DataParallel(nn.Linear(2, 3)), "convert the layer inside it"),
    (hooked, "remove it with the handle"),
    (replaced, "forward was replaced"),
    (with_buffer, "'mask' is no tensor of torch.nn.Linear"),
    (sharing_memory, "shares memory"),
    (lambda: weight_norm(nn.Linear(2, 3)), "torch.nn.utils.remove_weight_norm"),
    (lambda: spectral_norm(nn.Linear(2, 3)), "torch.nn.utils.remove_spectral_norm"),
    (lambda: parametrizations.weight_norm(nn.Linear(2, 3)), "remove_parametrizations"),
    (lambda: parametrizations.spectral_norm(nn.Linear(2, 3)), "remove_parametrizations"),
    (lambda: nn.LazyLinear(3), "run one forward pass"),
    (lambda: nn.Linear(2, 3, device="meta"), "meta device"),
    (lambda: nn.Conv2d(2, 3, 3, dtype=torch.float64), "cast the layer to float16 or float32"),
]


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(("build", "words"), REFUSED)
def test_refused_from_torch(build: Any, words: str) -> None:
    with pytest.raises(apimap.Unsupported) as caught:
        apimap.to_mindspore(build())
    assert words in str(caught.value)


def casting() -> Any:
    return mnn.Dense(2, 3).to_float(mindspore.float16)


def hooked_cell() -> Any:
    cell = mnn.Dense(2, 3)
    cell.register_forward_hook(lambda *args: None)
    return cell


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: OwnConstruct(2, 3), "OwnConstruct is a subclass of mindspore.nn.Dense"),
        (casting, "to_float"),
        (hooked_cell, "remove it with the handle"),
    ],
)
def test_refused_from_mindspore(build: Any, words: str) -> None:
    with pytest.raises(apimap.Unsupported) as caught:
        apimap.to_torch(build())
    assert words in str(caught.value)


def test_the_wrong_kind_of_thing() -> None:
    with pytest.raises(apimap.InvalidCall, match="to_torch goes the other way"):
        apimap.to_mindspore(mnn.Dense(2, 3))
    with pytest.raises(apimap.InvalidCall, match="to_mindspore goes the other way"):
        apimap.to_torch(nn.Linear(2, 3))
    with pytest.raises(apimap.InvalidCall, match="build the layer first"):
        apimap.to_mindspore(nn.Linear)
    with pytest.raises(apimap.InvalidCall, match="not int"):
        apimap.to_mindspore(3)


def test_a_layer_without_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of a framework's newer version, for instance."""
    monkeypatch.delitem(default_catalog()._by_name, "torch.nn.CTCLoss")
    with pytest.raises(apimap.UnknownApi, match="torch.nn.CTCLoss has no entry yet"):
        apimap.to_mindspore(nn.CTCLoss())


def test_devices_that_are_not_there() -> None:
    if mindspore.hal.device_count("CPU") and not torch.cuda.is_available():
        with pytest.raises(apimap.BackendUnavailable, match="Torch not compiled with CUDA|NVIDIA"):
            apimap.to_torch(mnn.Dense(2, 3), device="cuda")
    with pytest.raises(apimap.BackendUnavailable, match="Unsupported device target Ascend"):
        apimap.to_mindspore(nn.Linear(2, 3), device="Ascend")
    with pytest.raises(apimap.BackendUnavailable, match="abacus"):
        apimap.to_torch(mnn.Dense(2, 3), device="abacus")


def test_native_only_says_why() -> None:
    layer = nn.ConvTranspose1d(3, 4, 5, stride=3, padding=2, output_padding=2)
    with pytest.raises(apimap.Unsupported) as caught:
        apimap.to_mindspore(layer, native_only=True)
    assert caught.value.needs_composition == "apimap.composed.mindspore.ConvTranspose1d"
    assert "MindSpore" in caught.value.because
