"""Nested inputs and outputs, plain functions, and pairs that do not behave."""

from __future__ import annotations

import collections
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from mindspore import ops
from torch import nn

import apimap
from apimap.parity.report import ParityReport

X = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
Y = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)


@dataclass
class Result:
    """As models of language return it."""

    logits: Any
    loss: Any = None
    sizes: Any = (3, 4)


Pair = collections.namedtuple("Pair", ["values", "indices"])


def report_on(ours: Any, theirs: Any, inputs: Any = X, **options: Any) -> ParityReport:
    return apimap.check_parity(ours, theirs, inputs, **options)


def returning(make: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """The same function of the framework and its input, on both sides."""
    return (lambda x: make(torch, x)), (lambda x: make(ops, x))


def names_of(report: ParityReport) -> set[str]:
    return {row.name for row in report.rows}


def test_paths_of_nested_outputs() -> None:
    """Tuples, dicts, dataclasses, named tuples; None and what is no tensor."""

    def make(f: Any, x: Any) -> Any:
        return [Result(f.exp(x)), {"a": (x + 1, None), "b": [True, "text", 2.5]}, Pair(x, x * 2)]

    report = report_on(*returning(make))
    assert report.ok, report
    assert names_of(report) == {
        "out[0].logits",
        "out[0].loss",
        "out[0].sizes[0]",
        "out[0].sizes[1]",
        "out[1]['a'][0]",
        "out[1]['a'][1]",
        "out[1]['b'][0]",
        "out[1]['b'][1]",
        "out[1]['b'][2]",
        "out[2].values",
        "out[2].indices",
        "gradient of in[0]",
    }


def test_a_fault_deep_inside_is_named() -> None:
    """By its path; the float64 reference is PyTorch's."""
    report = report_on(
        lambda x: {"a": (x, Result(torch.exp(x)))}, lambda x: {"a": (x, Result(ops.exp(x) + 0.1))}
    )
    differing = [row for row in report.rows if row.verdict == "differs"]
    assert [row.name for row in differing] == ["out['a'][1].logits"]
    assert differing[0].comparison.reference is not None


class Model(nn.Module):
    """Takes nested inputs by position and by name."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Any, mask: Any = None, *, state: Any = None, flag: bool = False) -> Any:
        """Uses all it is given."""
        out = self.fc(x)
        out = out if mask is None else out * mask
        out = out if state is None else out + state["h"][0] * state["n"]
        return -out if flag else out


class Cell(mnn.Cell):
    """The same in MindSpore."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.fc = apimap.to_mindspore(module.fc)

    def construct(self, x: Any, mask: Any = None, *, state: Any = None, flag: bool = False) -> Any:
        """Uses all it is given."""
        out = self.fc(x)
        out = out if mask is None else out * mask
        out = out if state is None else out + state["h"][0] * state["n"]
        return -out if flag else out


@pytest.mark.parametrize(
    ("inputs", "gradients"),
    [
        (X, {"in[0]"}),
        ([X, None], {"in[0]"}),
        ((X, Y > 0), {"in[0]"}),
        ({"x": X, "state": {"h": [Y], "n": 3}}, {"in['x']", "in['state']['h'][0]"}),
        ({"x": X, "mask": Y, "flag": True}, {"in['x']", "in['mask']"}),
        ([mindspore.Tensor(X), torch.from_numpy(Y)], {"in[0]", "in[1]"}),
    ],
)
def test_nested_inputs(inputs: Any, gradients: set[str]) -> None:
    """Positional and named arguments, with tensors of any framework anywhere in them."""
    module = Model()
    report = report_on(module, Cell(module), inputs)
    assert report.ok, report
    wanted = {f"gradient of {name}" for name in gradients}
    assert {n for n in names_of(report) if n.startswith("gradient of in")} == wanted


def test_functions_in_either_order() -> None:
    """Told apart by trying."""
    for pair in ((torch.relu, ops.relu), (ops.relu, torch.relu)):
        report = report_on(*pair)
        assert report.ok, report
        assert {row.mode for row in report.rows} == {""}
    assert report.expected == "mindspore"


def test_a_function_beside_a_layer() -> None:
    """It is of the other framework."""
    assert report_on(lambda x: ops.relu(x), nn.ReLU()).ok
    assert report_on(mnn.ReLU(), lambda x: torch.relu(x)).ok


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (lambda x: (x, x), lambda x: (x,), "out[1] is in PyTorch only (a tensor)"),
        (lambda x: {"a": x}, lambda x: {"b": x}, "out['b'] is in MindSpore only (a tensor)"),
        (lambda x: x, lambda x: (x,), "out is a tensor in PyTorch and a tuple of 1 in MindSpore"),
        (lambda x: {"a": x}, lambda x: [x], "a dict of 1: a in PyTorch and a list of 1"),
        (lambda x: (x, None), lambda x: (x, x), "out[1] is in MindSpore only"),
        (lambda x: (x, 3), lambda x: (x, 4), "out[1]: 4 instead of 3"),
        (lambda x: (x, 1), lambda x: (x, True), "bool True instead of int 1"),
        (lambda x: x, lambda x: x[:2], "shape (2, 4) instead of (3, 4)"),
        (lambda x: x, lambda x: x.sum(), "shape () instead of (3, 4)"),
        (lambda x: x, lambda x: x.astype(mindspore.float16), "dtype float16 instead of float32"),
    ],
)
def test_different_structures(ours: Any, theirs: Any, words: str) -> None:
    """Each is named with its path; nothing is broadcast or cast."""
    report = report_on(ours, theirs)
    assert report.verdict == "differs"
    assert words in str(report)


def test_equal_none_against_nothing() -> None:
    """A key that holds None carries no value."""
    assert report_on(lambda x: {"a": x, "b": None}, lambda x: {"a": x}).ok


def test_not_a_number() -> None:
    """Equal positions are equal, and said; a NaN on one side differs. So do infinities."""
    x = X.copy()
    x[0, 1], x[1, 2], x[2, 3] = np.nan, np.inf, -np.inf
    report = report_on(lambda x: x * 2, lambda x: x * 2, x)
    assert report.ok
    assert "1 NaN on both sides, which are equal" in str(report)
    report = report_on(lambda x: x, lambda x: ops.nan_to_num(x, 0.0, np.inf, -np.inf), x)
    assert "1 NaN on one side only" in str(report)
    assert not report.ok
    assert not report_on(lambda x: x, lambda x: -x, np.array([np.inf], np.float32)).ok


def raising(error: Exception) -> Any:
    def function(x: Any) -> Any:
        raise error

    return function


def test_raising_on_one_side_or_both() -> None:
    """One is a finding; two are compared by the kind of the error."""
    report = report_on(raising(ValueError("no")), lambda x: ops.relu(x))
    assert "PyTorch raised ValueError: no" in str(report)
    assert not report.ok
    report = report_on(raising(ValueError("no")), raising(ValueError("never")))
    assert report.ok
    assert "both sides raise the same kind of error" in str(report)
    report = report_on(raising(ValueError("no")), raising(IndexError("never")))
    assert "the two sides raise different errors" in str(report)
    assert not report.ok


@pytest.mark.parametrize("inputs", [np.array([object()]), [X, {"a": np.array(["x"])}]])
def test_object_arrays(inputs: Any) -> None:
    """Refused as inputs, named as outputs."""
    with pytest.raises(apimap.InvalidCall, match=r"in.* is a NumPy array of dtype .*, not numbers"):
        report_on(torch.relu, ops.relu, inputs)
    report = report_on(lambda x: inputs, lambda x: inputs)
    assert "is not compared: return numbers" in str(report)
    assert not report.ok


def test_random_models() -> None:
    """Found by running twice, on either side."""
    report = report_on(nn.Dropout(0.5), mnn.Dropout(p=0.5))
    text = str(report)
    assert "PyTorch gives another out when it runs again" in text
    assert "MindSpore gives another out when it runs again" in text
    assert "apimap.parity.statistics" in text
    assert not report.ok
    assert {row.mode for row in report.rows} == {"eval"}
    assert report_on(nn.Dropout(0.5), mnn.Dropout(p=0.5), modes=["eval"]).ok
    count = iter(range(9))
    report = report_on(lambda x: x + 0 * next(count), lambda x: x)
    assert report.ok
    report = report_on(lambda x: (x, x * next(count)), lambda x: (x, x))
    assert "PyTorch gives another out[1] when it runs again" in str(report)


def test_writing_to_inputs() -> None:
    """Said, and compared where both do it; the caller's arrays stay."""
    x = X.copy()
    report = report_on(nn.ReLU(inplace=True), mnn.ReLU(), x)
    assert report.ok
    assert "PyTorch writes to its input in[0]" in str(report)
    assert np.array_equal(x, X)

    def ours(x: Any) -> Any:
        x[0] = 7.0
        return x * 1

    def theirs(x: Any) -> Any:
        x[0] = 8.0
        return x * 0 + ops.ones_like(x)

    report = report_on(ours, theirs, x, gradients=False)
    assert "in[0] after the call" in names_of(report)
    assert np.array_equal(x, X)


def test_dtypes() -> None:
    """Layers are cast for the run, and hold the very same bits afterwards."""
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    cell = apimap.to_mindspore(module)
    before = {name: t.clone() for name, t in module.state_dict().items()}
    report = report_on(module, cell, X, dtypes=["float32", "float64", "float16"], modes=["eval"])
    assert report.ok, report
    assert {row.dtype for row in report.rows} == {"float32", "float64", "float16"}
    assert {row.mode for row in report.rows} == {"eval, float32", "eval, float64", "eval, float16"}
    assert all(torch.equal(before[name], t) for name, t in module.state_dict().items())
    assert np.array_equal(cell[0].weight.asnumpy(), module[0].weight.detach().numpy())


def test_names_by_hand() -> None:
    """Sublayers and tensors that neither name nor order pairs."""

    class Ours(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x: Any) -> Any:
            return self.second(self.first(x)) * self.scale

    class Theirs(mnn.Cell):
        def __init__(self, module: Any) -> None:
            super().__init__()
            self.inner = mnn.CellList([apimap.to_mindspore(module.second)])
            self.out = apimap.to_mindspore(module.first)
            self.alpha = mindspore.Parameter(mindspore.Tensor([1.0]), name="alpha")

        def construct(self, x: Any) -> Any:
            return self.inner[0](self.out(x)) * self.alpha

    module = Ours()
    cell = Theirs(module)
    names = {"first": "out", "second": "inner.0", "scale": "alpha"}
    assert not report_on(module, cell).ok
    report = report_on(module, cell, names=names)
    assert report.ok, report
    assert "gradient of second.weight" in names_of(report)
    with pytest.raises(apimap.InvalidCall, match="did you mean 'second'"):
        report_on(module, cell, names={"secnd": "out"})


def test_unknown_words() -> None:
    """Modes and dtypes."""
    with pytest.raises(apimap.InvalidCall, match="no mode 'test'"):
        report_on(torch.relu, ops.relu, modes=["test"])
    with pytest.raises(apimap.InvalidCall, match="no dtype 'int8'"):
        report_on(torch.relu, ops.relu, dtypes=["int8"])
