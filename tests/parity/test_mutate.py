"""Planted faults are caught, survivors are explained, and nothing stays planted."""

from __future__ import annotations

from typing import Any

import pytest

from apimap.catalog import default_catalog
from apimap.errors import InvalidCall
from apimap.layouts import reverses
from apimap.parity.bench import Bench
from apimap.parity.faults import RULE, altered
from apimap.parity.mutant import planted
from apimap.parity.mutant_feed import Bout, MutantFeed, Outcome
from apimap.parity.mutants import mutants
from apimap.parity.mutate import mutate
from apimap.parity.run import Way
from apimap.rules import RULES
from apimap.schema import Entry, Parity

HERE = Way(0)


def entry(name: str) -> Entry:
    return default_catalog().find(f"torch.nn.{name}")


def test_every_fault_of_a_small_entry_is_caught() -> None:
    """In two processes; the progress counts."""
    steps: list[tuple[str, int]] = []

    def note(each: Outcome, total: int) -> None:
        steps.append((each.fate, total))

    flatten = entry("Flatten")
    found = mutate([flatten], directions=["to_mindspore"], progress=note, way=Way(2))
    assert (found["caught_share"], found["survivors"], found["equivalent"]) == (1.0, [], [])
    assert steps == [("caught", 5)] * found["mutants"]
    assert found["entries"][0]["torch"] == "torch.nn.Flatten"


def test_a_survivor_names_the_missing_case() -> None:
    """The cases never set end_dim, and the smallest one that shows the fault does."""
    flatten = entry("Flatten")
    weak = {"torch": {"vary": {"start_dim": [1]}, "inputs": [[2, 3, 4, 5]]}}
    poor = flatten.model_copy(update={"parity": Parity.model_validate(weak)})
    with pytest.raises(InvalidCall, match="not in the catalog"):
        mutate([poor], way=HERE)
    with default_catalog().instead(flatten, poor):
        found = mutate([poor], directions=["to_mindspore"], way=HERE)
    survivors = {each["fault"]: each for each in found["survivors"]}
    assert found["caught_share"] < 1
    missing = survivors["end_dim left at its default"]
    assert missing["why"] == "a case is missing"
    assert "end_dim=" in missing["case"]


def test_an_equivalent_mutant_is_told_apart() -> None:
    """MindSpore's integers are sent as they are, so that rule does nothing that way."""
    bench = Bench(Bout(entry("Conv1d"), "to_torch", 4))
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


def test_each_worker_stays_with_its_entry() -> None:
    """Until nothing is left of it; then it helps another. What kills a process is caught."""
    bouts = [Bout(entry(name), "to_mindspore") for name in ("GELU", "Flatten", "Linear")]
    feed = MutantFeed(bouts)
    listings = [job for job in (feed.take() for _ in bouts) if job is not None]
    assert feed.take() is None
    for job in listings:
        feed.done(job, [f"fault {number}" for number in range(3)])
    taken = [feed.take(worker) for worker in (0, 1, 0, 1, 0, 1, 0, 1, 0)]
    assert [job.at for job in taken if job] == [0, 1, 0, 1, 0, 1, 2, 2, 2]
    assert feed.take(0) is None
    killed, baseline = (each for each in taken[:2] if each is not None)
    (caught,) = feed.done(killed, killed.task.lost("crashed", "killed by SIGSEGV", 0.1, ""))
    assert (caught.fate, caught.by, caught.why) == ("caught", "crashed", "killed by SIGSEGV")
    (survivor,) = feed.done(baseline, baseline.task.lost("timeout", "ended", 0.1, "apimap parity"))
    assert (survivor.fate, survivor.case) == ("survived", "apimap parity")


@pytest.mark.parametrize(
    ("value", "literals", "expected"),
    [(None, [None, 3], 3), (None, [], None), ("a", [], "a"), ((), [], ()), (0.0, [], 0.25)],
)
def test_altered(value: Any, literals: list[Any], expected: Any) -> None:
    """Another value where there is one."""
    assert altered(value, literals) == expected
