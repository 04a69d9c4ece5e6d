"""The way back: looked at once for each argument set of a sweep, and each loss is told."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import torch
from mindspore import nn as mnn

import apimap
from apimap import layers as conversion
from apimap.catalog import default_catalog
from apimap.parity.cases import Case, generate
from apimap.parity.round_trip import Seen
from apimap.parity.run_case import run_case


def linear() -> list[Case]:
    """Two inputs of one argument set, and one of another."""
    cases = list(generate(default_catalog().find("torch.nn.Linear"), "to_mindspore")[0].cases)
    first = cases[0]
    same = [c for c in cases if (c.call, c.mode) == (first.call, first.mode)]
    return [*same[:2], next(c for c in cases if c.call != first.call)]


def test_each_argument_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another input does not go back again, another argument set does; alone every case does."""
    calls: list[Any] = []
    own = conversion.to_torch

    def counted(layer: Any) -> Any:
        calls.append(layer)
        return own(layer)

    monkeypatch.setattr(conversion, "to_torch", counted)
    seen, counts = Seen(), []
    for case in linear():
        assert run_case(case, seen).ok
        counts.append(len(calls))
    assert counts == [1, 1, 2]
    assert run_case(linear()[1]).ok
    assert len(calls) == 3


def test_each_case_tells_its_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """A way back that changes one bit turns every case red, also where a sweep has seen it."""
    own = conversion.to_torch

    def wrong(layer: Any) -> Any:
        back = own(layer)
        with torch.no_grad():
            back.weight.view(-1)[0] += 1e-3
        return back

    monkeypatch.setattr(conversion, "to_torch", wrong)
    seen = Seen()
    for case in linear():
        found = run_case(case, seen)
        assert found.state == "differs"
        assert any("changes bits of 'weight'" in text for text in found.report.problems)


def test_lost_flag_is_told_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversion itself is looked at in every case."""
    seen = Seen()
    first, second, _ = linear()
    assert run_case(first, seen).ok
    own = conversion.to_mindspore

    def wrong(layer: Any, **options: Any) -> Any:
        return own(layer, **options).set_train(not layer.training)

    monkeypatch.setattr(conversion, "to_mindspore", wrong)
    assert "the training flag was lost" in run_case(second, seen).report.problems


def test_one_parameter_of_two_names_parts() -> None:
    """Two tensors of the source stay two where the new cell has one for both names."""
    from apimap.frameworks import mindspore as speaker

    class Twice(mnn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.a = mnn.Dense(2, 3).weight
            self.b = self.a

    cell = Twice()
    for name, value in (("a", 1.0), ("b", 2.0)):
        tensor = speaker.plain_tensor(torch.full((3, 2), value).numpy(), "float32", "CPU")
        speaker.fill(cell, name, tensor, trainable=True)
    assert (cell.a.asnumpy() == 1.0).all()
    assert (cell.b.asnumpy() == 2.0).all()


def test_pickled_cell_keeps_its_weights() -> None:
    """A pickle holds the values, not what MindSpore would have initialized them with."""
    module = torch.nn.Linear(3, 2)
    cell = apimap.to_mindspore(module)
    weight = pickle.loads(pickle.dumps(cell.weight))
    assert weight.asnumpy().tobytes() == module.weight.detach().numpy().tobytes()
