"""One run of a layer, recorded alike on both sides."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from torch import nn

from apimap.frameworks import mindspore_run, torch_run
from apimap.frameworks.nest import Place
from apimap.frameworks.record import Cotangents, Run, Value
from apimap.parity.compare import compare

mindspore_run.prepare()


def drawn(*shape: int, dtype: str = "float32") -> Value:
    return Value.of(np.random.default_rng(1).standard_normal(shape), dtype)


def both(
    module: Any, cell: Any, inputs: list[Value], *, training: bool = True, jit: bool = False
) -> tuple[Run, Run]:
    """The two runs with the same cotangents."""
    cotangents = Cotangents(3)
    ours = torch_run.run(module, inputs, training=training, cotangents=cotangents)
    theirs = mindspore_run.run(cell, inputs, training=training, cotangents=cotangents, jit=jit)
    return ours, theirs


def assert_equal(a: Value, b: Value) -> None:
    found = compare(a, b)
    assert found.verdict == "equal", found


@pytest.mark.parametrize("jit", [False, True])
def test_outputs_gradients_and_buffers(jit: bool) -> None:
    """Written by hand on both sides; the buffers move once."""
    ours, theirs = both(
        nn.BatchNorm2d(3), mnn.BatchNorm2d(3, momentum=0.9), [drawn(2, 3, 4, 4)], jit=jit
    )
    assert_equal(theirs.outputs[0], ours.outputs[0])
    assert theirs.input_gradients[0] is not None
    assert ours.input_gradients[0] is not None
    assert_equal(theirs.input_gradients[0], ours.input_gradients[0])
    for torch_name, name in (("weight", "gamma"), ("bias", "beta")):
        assert_equal(theirs.parameter_gradients[name], ours.parameter_gradients[torch_name])
    for torch_name, name in (("running_mean", "moving_mean"), ("running_var", "moving_variance")):
        assert_equal(theirs.buffers[name], ours.buffers[torch_name])
    assert np.abs(ours.buffers["running_mean"].array).max() > 0


@pytest.mark.parametrize("jit", [False, True])
def test_nested_outputs(jit: bool) -> None:
    """Nested tuples are flattened, and each output has its own cotangent."""
    module, cell = nn.LSTM(3, 4), mnn.LSTM(3, 4)
    for name, parameter in cell.parameters_and_names():
        parameter.set_data(mindspore.Tensor(module.state_dict()[name].numpy()))
    ours, theirs = both(module, cell, [drawn(5, 2, 3)], jit=jit)
    assert len(ours.outputs) == len(theirs.outputs) == 3
    for name, gradient in ours.parameter_gradients.items():
        assert_equal(theirs.parameter_gradients[name], gradient)


def test_integer_inputs_have_no_gradient() -> None:
    """The table has one all the same."""
    module, cell = nn.Embedding(7, 4), mnn.Embedding(7, 4)
    ours, theirs = both(module, cell, [Value.of(np.array([[1, 2], [6, 1]]))])
    assert ours.input_gradients == theirs.input_gradients == [None]
    assert_equal(theirs.parameter_gradients["embedding_table"], ours.parameter_gradients["weight"])


def test_the_callers_array_stays() -> None:
    """An in-place layer works on a copy."""
    x = drawn(2, 3)
    before = x.array.copy()
    torch_run.run(nn.ReLU(inplace=True), [x], cotangents=Cotangents(0))
    torch_run.run(nn.ReLU(inplace=True), [x])
    mindspore_run.run(mnn.ReLU(), [x])
    assert np.array_equal(x.array, before)


def test_gradients_after_an_error() -> None:
    """A cell that raises while it is differentiated does not spoil the next one."""
    cell = mnn.SequentialCell(mnn.ReLU(), mnn.Dense(4, 2))
    cotangents = Cotangents(0)
    cotangents.draw([drawn(3, 2)], Place(0))
    with pytest.raises(ValueError, match="MatMul"):
        mindspore_run.run(cell, [drawn(3, 5)], cotangents=cotangents)
    found = mindspore_run.run(Indexed(), [drawn(3, 5)], cotangents=Cotangents(0))
    assert found.input_gradients[0] is not None


class Indexed(mnn.Cell):
    """Takes the first row."""

    def construct(self, x: Any) -> Any:
        """By an integer."""
        return x[0] * 2


class Unused(nn.Module):
    """Owns a parameter that it does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))

    def forward(self, x: Any) -> Any:
        """Only ``used``."""
        return x * self.used


class UnusedCell(mnn.Cell):
    """The same in MindSpore."""

    def __init__(self) -> None:
        super().__init__()
        self.used = mindspore.Parameter(mindspore.ops.ones(3), name="used")
        self.unused = mindspore.Parameter(mindspore.ops.ones(3), name="unused")

    def construct(self, x: Any) -> Any:
        """Only ``used``."""
        return x * self.used


def test_unused_parameters_are_equal() -> None:
    """PyTorch's None and MindSpore's zeros."""
    ours, theirs = both(Unused(), UnusedCell(), [drawn(2, 3)])
    for name in ("used", "unused"):
        assert_equal(theirs.parameter_gradients[name], ours.parameter_gradients[name])


def test_mindspore_may_run_first() -> None:
    """It learns the shapes by a pass that leaves the buffers as they were."""
    x, cotangents = [drawn(2, 3, 4, 4)], Cotangents(3)
    cell, module = mnn.BatchNorm2d(3), nn.BatchNorm2d(3)
    theirs = mindspore_run.run(cell, x, training=True, cotangents=cotangents)
    ours = torch_run.run(module, x, training=True, cotangents=cotangents)
    assert_equal(theirs.buffers["moving_mean"], ours.buffers["running_mean"])
    assert_equal(theirs.parameter_gradients["gamma"], ours.parameter_gradients["weight"])


def test_outputs_of_another_shape() -> None:
    """They are returned without gradients, for the comparison to name."""
    _, theirs = both(nn.Flatten(0), mnn.Flatten(), [drawn(2, 3, 4)])
    assert theirs.outputs[0].array.shape == (2, 12)


@pytest.mark.parametrize("side", ["torch", "mindspore"])
def test_buffers_are_restored(side: str) -> None:
    """Exactly what ``buffers`` returned."""
    runner: Any = torch_run if side == "torch" else mindspore_run
    layer = nn.BatchNorm1d(3) if side == "torch" else mnn.BatchNorm1d(3)
    before = runner.buffers(layer)
    runner.run(layer, [drawn(4, 3)], training=True)
    assert any(
        not np.array_equal(v.array, before[k].array) for k, v in runner.buffers(layer).items()
    )
    runner.restore(layer, before)
    assert all(np.array_equal(v.array, before[k].array) for k, v in runner.buffers(layer).items())


def test_bfloat16_crosses() -> None:
    """As float32 values that bfloat16 holds."""
    x = drawn(2, 3, dtype="bfloat16")
    for found in (torch_run.run(nn.Identity(), [x]), mindspore_run.run(mnn.Identity(), [x])):
        assert found.outputs[0].dtype == "bfloat16"
        assert np.array_equal(found.outputs[0].array, x.array)


@pytest.mark.filterwarnings("default")
def test_what_a_model_takes_out_of_its_inputs(parity: Any) -> None:
    """The dict that PyTorch's side pops a key of is said to be changed, under pytest too."""

    def ours(batch: Any) -> Any:
        return batch.pop("mask") * batch["x"]

    def theirs(batch: Any) -> Any:
        return batch["mask"] * batch["x"]

    x = np.ones((2, 3), np.float32)
    given = [{"x": x, "mask": x}]
    with pytest.warns(UserWarning, match=r"PyTorch changes its inputs: in\[0\]\['mask'\] is gone"):
        report = parity.check(ours, theirs, given)
    assert report.ok
    assert set(given[0]) == {"x", "mask"}
