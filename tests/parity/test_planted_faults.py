"""A harness is worth what it catches: each planted fault must turn the verdict to differs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Optional

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from mindspore import ops
from torch import nn

import apimap
from apimap.catalog import default_catalog
from apimap.parity.compare import Verdict, worst
from apimap.parity.measure import Settings, measure
from apimap.parity.pairing import pair_tensors
from apimap.parity.run_case import randomise
from apimap.parity.specs import InputSpec
from apimap.parity.sweep import sweep
from apimap.rules import RULES, find_rule

SEED = 5


def rebuilt(make: Callable[[], Any]) -> Callable[[Any], Any]:
    """A fault that builds the cell with wrong arguments, and keeps its weights."""

    def plant(cell: Any) -> Any:
        wrong = make()
        own = dict(cell.parameters_and_names())
        for name, parameter in wrong.parameters_and_names():
            parameter.set_data(own[name].value())
        return wrong.set_train(cell.training)

    return plant


def weights(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A fault in the weight."""

    def plant(cell: Any) -> Any:
        wrong = np.ascontiguousarray(change(cell.weight.asnumpy()))
        cell.weight.set_data(mindspore.Tensor(wrong))
        return cell

    return plant


class ShapeOnly(mnn.Cell):
    """The right shape, dtype and parameters, and zeros for values."""

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self.weight, self.bias = cell.weight, cell.bias
        self.cell = cell

    def construct(self, x: Any) -> Any:
        """Zeros, which depend on nothing."""
        return ops.zeros_like(self.cell(x))


def in_evaluation(cell: Any) -> Any:
    """The training flag lost."""
    return cell.set_train(False)


def frozen(cell: Any) -> Any:
    """requires_grad lost."""
    cell.weight.requires_grad = False
    return cell


def gates_swapped(weight: Any) -> Any:
    """The rows of four gates with the two in the middle swapped."""
    gates = np.split(weight, 4)
    return np.concatenate([gates[0], gates[2], gates[1], gates[3]])


@dataclass(frozen=True)
class Fault:
    """A module, the shape of its input, and what goes wrong in its conversion."""

    name: str
    module: Callable[[], Any]
    shape: tuple[int, ...]
    plant: Callable[[Any], Any]


def _conv_swapped() -> Any:
    return mnn.Conv2d(4, 6, 3, pad_mode="pad", padding=(0, 2, 1, 1), has_bias=True)


def _crop_off_by_one() -> Any:
    return mnn.Conv2dTranspose(4, 6, 3, 2, "pad", padding=(2, 0, 1, 1), has_bias=True)


FAULTS = [
    Fault(
        "swapped arguments",
        lambda: nn.Conv2d(4, 6, 3, padding=1),
        (2, 4, 6, 6),
        rebuilt(_conv_swapped),
    ),
    Fault("transposed weight", lambda: nn.Linear(5, 5), (3, 5), weights(np.transpose)),
    Fault(
        "momentum not complemented",
        lambda: nn.BatchNorm2d(4, momentum=0.1),
        (3, 4, 5, 5),
        rebuilt(lambda: mnn.BatchNorm2d(4, momentum=0.1)),
    ),
    Fault(
        "crop off by one",
        lambda: nn.ConvTranspose2d(4, 6, 3, 2, padding=1),
        (2, 4, 5, 5),
        rebuilt(_crop_off_by_one),
    ),
    Fault("wrong GELU", nn.GELU, (3, 5), rebuilt(lambda: mnn.GELU(approximate=True))),
    Fault(
        "eps dropped",
        lambda: nn.GroupNorm(2, 4),
        (3, 4, 5, 5),
        rebuilt(lambda: mnn.GroupNorm(2, 4, eps=1e-12)),
    ),
    Fault("gate order", lambda: nn.Linear(5, 8), (3, 5), weights(gates_swapped)),
    Fault(
        "bias lost",
        lambda: nn.Linear(5, 8),
        (3, 5),
        rebuilt(lambda: mnn.Dense(5, 8, has_bias=False)),
    ),
    Fault("training flag lost", lambda: nn.BatchNorm2d(4), (3, 4, 5, 5), in_evaluation),
    Fault("shape-only equality", lambda: nn.Linear(5, 8), (3, 5), ShapeOnly),
    Fault("requires_grad lost", lambda: nn.Linear(5, 8), (3, 5), frozen),
    Fault("one weight off by 1e-4", lambda: nn.Linear(5, 8), (3, 5), weights(lambda w: w + 1e-4)),
]


def verdict_of(fault: Fault, plant: Optional[Callable[[Any], Any]]) -> Verdict:
    """The verdict on the converted layer, with the fault or without."""
    module = fault.module()
    randomise(module, "torch", SEED, "float32")
    cell = apimap.to_mindspore(module)
    cell = plant(cell) if plant else cell
    inputs = [InputSpec(fault.shape).draw(np.random.default_rng(SEED), "float32")]
    pairing = pair_tensors(module, cell)
    found = measure({"torch": module, "mindspore": cell}, inputs, pairing, Settings(SEED))
    return worst([row.verdict for row in found.rows] + ["differs"] * len(found.problems))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_planted_fault_differs(fault: Fault) -> None:
    """The layer agrees as it was converted, and differs with the fault."""
    assert verdict_of(fault, None) in ("equal", "rounding")
    assert verdict_of(fault, fault.plant) == "differs"


def test_wrong_rule_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that forgets to complement the momentum is caught by the entry's own cases."""
    rule = find_rule("batch_norm_momentum")
    monkeypatch.setitem(RULES, rule.name, replace(rule, to_mindspore=lambda momentum: momentum))
    entry = default_catalog().find("torch.nn.BatchNorm2d")
    states = [result.state for result in sweep(entry, "to_mindspore", max_examples=12)]
    assert "differs" in states


def test_copies_do_not_share_memory() -> None:
    """A step of the copy's optimizer leaves the source as it was."""
    module = nn.Linear(3, 4)
    before = copy.deepcopy(module.state_dict())
    cell = apimap.to_mindspore(module)
    cell.weight.asnumpy()[:] = 7.0
    assert torch.equal(before["weight"], module.weight)
