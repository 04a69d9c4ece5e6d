"""mindspore.mint.nn: what runs on CPU is in the entries' cases, the rest is shown here."""

from __future__ import annotations

import inspect
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import mint, ops
from mindspore import nn as msnn
from torch import nn

import apimap
from apimap.catalog import default_catalog
from apimap.coverage import coverage
from apimap.errors import InvalidCall, Unsupported
from apimap.frameworks import framework
from tests.nn.mint_layers import LAYERS, inputs

CLASSES = sorted(
    name
    for name, value in vars(mint.nn).items()
    if inspect.isclass(value) and issubclass(value, msnn.Cell)
)
FLAVORED = {entry.mindspore: entry for entry in default_catalog().entries if entry.flavor}
ELSEWHERE = {api.rpartition(".")[2] for api, entry in FLAVORED.items() if entry.platforms}


def built(name: str) -> Any:
    cell = getattr(mint.nn, name)(**LAYERS[name][0])
    cell.set_train(True)
    return cell


def first(cell: Any, name: str) -> Any:
    """The layer's first output, waited for."""
    out = cell(*inputs(name))
    return (out[0] if isinstance(out, tuple) else out).asnumpy()


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_has_one_entry(name: str) -> None:
    """Enumerated live; a class that mindspore.nn has too is an alias of its entry."""
    api = f"mindspore.mint.nn.{name}"
    entry = default_catalog().get(api)
    assert entry is not None
    public = framework("mindspore").api_of(getattr(mint.nn, name))
    assert default_catalog().get(public) == entry
    assert (entry.mindspore == api) == (entry.flavor == "mint")


def test_other_names_are_of_the_same_class() -> None:
    resolve = framework("mindspore").resolve
    for entry in default_catalog().entries:
        for alias in entry.aliases:
            assert resolve(alias) is resolve(entry.mindspore), alias


def test_every_class_without_a_kernel_is_shown_here() -> None:
    assert set(LAYERS) == ELSEWHERE


@pytest.mark.parametrize("name", LAYERS)
def test_it_has_no_kernel_on_cpu(name: str) -> None:
    """A later MindSpore that has one turns this red; then its entry needs cases."""
    with pytest.raises(RuntimeError):
        first(built(name), name)


@pytest.mark.parametrize("name", LAYERS)
def test_arguments_go_both_ways(name: str) -> None:
    api, kwargs = f"mindspore.mint.nn.{name}", LAYERS[name][0]
    call = apimap.translate(api, **kwargs)
    back = apimap.translate(call.api, flavor="mint", **call.kwargs)
    assert call.route == back.route == "native"
    assert (back.api, dict(back.kwargs)) == (api, kwargs)


@pytest.mark.parametrize("name", LAYERS)
def test_a_live_layer_goes_to_torch_and_back(name: str) -> None:
    cell = built(name)
    module = apimap.to_torch(cell)
    assert type(module).__name__ == name
    state = module.state_dict()
    for key, parameter in cell.parameters_dict().items():
        assert state.pop(key).numpy().tobytes() == parameter.asnumpy().tobytes()
    assert not state
    back = apimap.to_mindspore(module)
    assert type(back) is type(cell)
    for key, parameter in cell.parameters_dict().items():
        assert back.parameters_dict()[key].asnumpy().tobytes() == parameter.asnumpy().tobytes()


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_refused_where_it_cannot_run(name: str) -> None:
    call = apimap.translate(f"mindspore.mint.nn.{name}", **LAYERS[name][0])
    module = getattr(nn, name)(**call.kwargs)
    with pytest.raises(Unsupported, match=f"mint.nn.{name} has no kernels for CPU") as refusal:
        apimap.to_mindspore(module, flavor="mint")
    assert refusal.value.hint == "convert without flavor"


def test_coverage_says_that_it_was_not_measured() -> None:
    rows = {row["mindspore"]: row for row in coverage()["mindspore"]}
    row = rows["mindspore.mint.nn.Conv2d"]
    assert row["state"] == "native"
    assert row["because"].startswith("MindSpore 2.10 has no CPU kernel of mindspore.mint.nn.Conv2d")
    assert row["evidence"] == {}
    assert rows["mindspore.mint.nn.Linear"]["because"] is None


def test_explain_says_that_it_was_not_measured(apimap: Any) -> None:
    text = " ".join(apimap("explain", "mindspore.mint.nn.Conv2d")[1].split())
    assert "not measured here" in text
    assert "Measured with" not in text


def test_translate_with_the_flavor(apimap: Any) -> None:
    told = apimap("translate", "torch.nn.Linear(3, 4, bias=False)", "--flavor", "mint")
    assert "mindspore.mint.nn.Linear(3, 4, bias=False)" in told[1]


def test_a_class_of_both_is_the_same_with_the_flavor() -> None:
    call = apimap.translate("torch.nn.ReLU", flavor="mint")
    assert str(call) == "mindspore.nn.ReLU()"
    assert mint.nn.ReLU is msnn.ReLU


def test_an_unknown_flavor_is_refused() -> None:
    flavor: Any = "salt"
    for ask in (
        lambda: apimap.translate("torch.nn.Linear", 3, 4, flavor=flavor),
        lambda: apimap.to_mindspore(nn.Linear(3, 4), flavor=flavor),
    ):
        with pytest.raises(InvalidCall, match="no flavor 'salt'") as refusal:
            ask()
        assert "mint" in refusal.value.hint


def test_layers_of_a_container_take_the_flavor() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.SiLU(), nn.ReLU())
    cell = apimap.to_mindspore(module, flavor="mint")
    kinds = (mint.nn.Linear, mint.nn.SiLU, msnn.ReLU)
    assert all(isinstance(each, kind) for each, kind in zip(cell, kinds, strict=True))
    back = apimap.to_torch(cell).state_dict()
    assert all(torch.equal(back[name], value) for name, value in module.state_dict().items())


def test_dtype_none_is_the_default_of_both() -> None:
    assert str(apimap.translate("torch.nn.Linear", 2, 3, flavor="mint")).endswith("(2, 3)")
    assert str(apimap.translate("mindspore.mint.nn.Linear", 2, 3)) == "torch.nn.Linear(2, 3)"
    half = apimap.translate("torch.nn.Linear", 2, 3, dtype="torch.float16", flavor="mint")
    assert str(half) == "mindspore.mint.nn.Linear(2, 3, dtype=mindspore.float16)"


@pytest.mark.parametrize("dim", [1, -1])
def test_gradients_of_softmax_after_an_axis_of_one_element(dim: int) -> None:
    step = ops.GradOperation(sens_param=True)(apimap.to_mindspore(nn.Softmax(dim), flavor="mint"))
    for shape in [(6, 1, 1), (3, 2, 5), (2, 7, 3)]:
        x, slope = np.random.default_rng(1).standard_normal((2, *shape)).astype(np.float32)
        source = torch.tensor(x, requires_grad=True)
        torch.softmax(source, dim).backward(torch.tensor(slope))
        got = step(mindspore.Tensor(x), mindspore.Tensor(slope)).asnumpy()
        assert source.grad is not None
        np.testing.assert_allclose(got, source.grad.numpy(), atol=1e-6)


def gradient(loss: Any, shape: tuple[int, ...]) -> Any:
    x, target = (mindspore.Tensor(np.full(shape, 0.5, np.float32)) for _ in range(2))
    return ops.GradOperation(get_all=True)(loss)(x, target)[0].asnumpy()


def test_gradients_of_a_mean_after_a_larger_input() -> None:
    own = mint.nn.BCEWithLogitsLoss()
    converted = apimap.to_mindspore(nn.BCEWithLogitsLoss(), flavor="mint")
    for loss in (own, converted):
        gradient(loss, (3, 4))
    right = (torch.sigmoid(torch.tensor(0.5)) - 0.5) / 4
    np.testing.assert_allclose(gradient(converted, (1, 4)), right, rtol=1e-5)
    np.testing.assert_allclose(gradient(own, (1, 4)), right / 3, rtol=1e-5)


def test_a_loss_that_ignores_a_class() -> None:
    module = apimap.to_torch(mint.nn.NLLLoss(ignore_index=2, reduction="none"))
    assert (module.ignore_index, module.reduction) == (2, "none")
