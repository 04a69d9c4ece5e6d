"""Planted faults are caught, survivors are explained, and nothing stays planted."""

from __future__ import annotations

from typing import Any

import pytest

from apimap.catalog import default_catalog
from apimap.layouts import reverses
from apimap.parity.bench import Bench
from apimap.parity.faults import RULE, altered
from apimap.parity.mutants import mutants, planted
from apimap.parity.mutate import mutate
from apimap.rules import RULES
from apimap.schema import Entry, Parity


def entry(name: str) -> Entry:
    return default_catalog().find(f"torch.nn.{name}")


def test_every_fault_of_a_small_entry_is_caught() -> None:
    """In a process of its own; the progress counts."""
    steps: list[tuple[int, int]] = []
    found = mutate([entry("GELU")], progress=lambda done, total, text: steps.append((done, total)))
    assert (found["caught"], found["caught_share"], found["survivors"]) == (3, 1.0, [])
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert found["entries"][0]["torch"] == "torch.nn.GELU"


def test_a_survivor_names_the_missing_case() -> None:
    """The cases never set end_dim, and the smallest one that shows the fault does."""
    flatten = entry("Flatten")
    weak = {"torch": {"vary": {"start_dim": [1]}, "inputs": [[2, 3, 4, 5]]}}
    poor = flatten.model_copy(update={"parity": Parity.model_validate(weak)})
    found = mutate([poor], directions=["to_mindspore"], isolated=False)
    survivors = {each["fault"]: each for each in found["survivors"]}
    assert found["caught_share"] < 1
    missing = survivors["end_dim left at its default"]
    assert missing["why"] == "a case is missing"
    assert "end_dim=" in missing["case"]


def test_an_equivalent_mutant_is_told_apart() -> None:
    """MindSpore's integers are sent as they are, so that rule does nothing that way."""
    bench = Bench(entry("Conv1d"), "to_torch", 4, 0)
    ignored = next(m for m in bench.mutants if m.fault == "rule single_axis of stride ignored")
    outcome = bench.outcome(ignored)
    assert outcome.fate == "equivalent"
    assert "the same for each of" in outcome.why


def test_faults_of_every_kind() -> None:
    """What a person can get wrong in an entry of a convolution."""
    made = mutants(entry("Conv1d"), "to_mindspore", {"weight": 3, "bias": 1})
    faults = {mutant.fault for mutant in made}
    assert {
        "stride altered",
        "stride left at its default",
        "pad_mode and padding swapped",
        "rule single_axis of stride ignored",
        "in_channels and out_channels swapped",
        "layout of weight is o i k -> i o 1 k",
        "bias not copied",
        "weight and bias swapped",
        "batched_rank dropped",
        "composed layer not used",
    } <= faults
    assert len(faults) == len(made)
    layouts = [t.layout for m in made for t in m.mutated.tensors if t.layout]
    assert all(map(reverses, layouts))


def test_nothing_stays_planted() -> None:
    """Neither in the catalog nor among the rules."""
    conv = entry("Conv1d")
    mutant = next(m for m in mutants(conv, "to_mindspore", {}) if m.rule)
    with planted(mutant):
        assert default_catalog().find(conv.torch) is mutant.mutated
        assert RULE in RULES
    assert default_catalog().find(conv.torch) is conv
    assert default_catalog().find(conv.mindspore) is conv
    assert RULE not in RULES


@pytest.mark.parametrize(
    ("value", "literals", "expected"),
    [(None, [None, 3], 3), (None, [], None), ("a", [], "a"), ((), [], ()), (0.0, [], 0.25)],
)
def test_altered(value: Any, literals: list[Any], expected: Any) -> None:
    """Another value where there is one."""
    assert altered(value, literals) == expected
