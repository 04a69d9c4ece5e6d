"""Cases that hypothesis draws: legal, of every kind, and the smallest one that differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apimap.catalog import default_catalog
from apimap.errors import InvalidCall
from apimap.frameworks import mindspore_run, torch_run
from apimap.parity.case_id import find_case, parse_case
from apimap.parity.cases import DIRECTIONS, Case
from apimap.parity.feed import Choice, Feed
from apimap.parity.records import CaseRecord, State
from apimap.parity.results import lost
from apimap.parity.run_case import run_case
from apimap.parity.search import LOST, Search
from apimap.parity.specs import Given, InputSpec
from apimap.parity.strategies import cases, smallest, styles
from apimap.parity.styles import STYLES
from apimap.parity.worker import timed
from apimap.rules import RULES, find_rule

CONV = default_catalog().find("torch.nn.Conv1d")


def test_a_planted_bug_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Padding one too much where the dilation is over 1: nothing else is left in the case."""
    rule = find_rule("conv_padding")

    def wrong(padding: Any, padding_mode: str, **shape: Any) -> Any:
        mode, amount = rule.to_mindspore(padding, padding_mode, **shape)
        return (mode, amount + 1) if shape["dilation"] != (1,) else (mode, amount)

    monkeypatch.setitem(RULES, rule.name, replace(rule, to_mindspore=wrong))
    search = Search(CONV, "to_mindspore", 150)
    kept = searched(search, lambda case: timed(case, drawn=True))
    assert [record.state for record in kept if not record.ok] == ["differs"]
    assert kept[-1].state == "differs"
    case = parse_case(CONV, kept[-1].id)
    assert set(case.kwargs) == {"in_channels", "out_channels", "groups", "kernel_size", "dilation"}
    assert (case.dtype, case.mode) == ("float32", "train")
    assert [spec.style for spec in case.inputs if isinstance(spec, InputSpec)] == [""]
    assert run_case(case).state == "differs"
    assert search.expected == len(kept)


def searched(search: Search, run: Callable[[Case], CaseRecord]) -> list[CaseRecord]:
    """What a search keeps of the cases that it draws."""
    kept = []
    while (case := search.take()) is not None:
        assert search.take() is None
        assert not search.is_over
        kept += search.done(run(case))
    assert search.is_over
    return kept


def as_state(case: Case, state: State) -> CaseRecord:
    """A record of the case, in some state."""
    return lost(case, "crashed", "killed", 0.5).model_copy(update={"state": state})


def test_a_crash_is_shrunk_too() -> None:
    """A finding of another kind that turns up on the way is kept as it is."""

    def run(case: Case) -> CaseRecord:
        if case.kwargs.get("stride", 1) in (1, (1,)):
            return as_state(case, "equal")
        is_other = case.dtype == "float64"
        return as_state(case, "differs" if is_other else "crashed")

    kept = searched(Search(CONV, "to_mindspore", 100, seed=1), run)
    findings = [record for record in kept if not record.ok]
    smallest = findings[-1]
    assert {"stride"} <= set(parse_case(CONV, smallest.id).kwargs)
    assert len(parse_case(CONV, smallest.id, seed=1).kwargs) == 5
    assert all(record.state != smallest.state for record in findings[:-1])


def test_shrinking_ends_where_it_costs_too_many_processes() -> None:
    """And that is said."""
    seen = list[str]()

    def run(case: Case) -> CaseRecord:
        seen.append(case.id)
        return as_state(case, "crashed")

    (only,) = searched(Search(CONV, "to_mindspore", 100), run)
    assert len(seen) <= LOST
    assert (only.state, only.id in seen) == ("crashed", True)
    assert only.reason.startswith("killed; too many processes were lost")


def test_ctrl_c_keeps_the_smallest_so_far() -> None:
    """As a record, once."""
    feed = Feed.of([CONV], Choice(["to_mindspore"], random=50))
    for _ in range(5):
        job = feed.take()
        assert job is not None
        feed.done(job, as_state(job.case, "differs"))
    assert [record.state for record in feed.unfinished()] == ["differs"]
    assert feed.unfinished() == []


@given(data=st.data())
@settings(max_examples=40, database=None, deadline=None, derandomize=True)
def test_every_case_has_an_id_that_reads_back(data: Any) -> None:
    """Whatever is drawn, one line reproduces it."""
    entry = data.draw(st.sampled_from([e for e in default_catalog().entries if e.parity]))
    for direction in ("to_mindspore", "to_torch"):
        if getattr(entry.parity, "torch" if direction == "to_mindspore" else "mindspore"):
            case = data.draw(cases(entry, direction, seed=3))
            again = find_case([entry], case.id, seed=3)
            assert (again, again.seed) == (case, case.seed)


def test_everything_is_widened() -> None:
    """Sizes 0 and 1, other channels, dtypes and strided memory come up, and unbatched input."""
    wanted = {
        "empty": lambda case: 0 in case.inputs[0].shape,
        "one": lambda case: 1 in case.inputs[0].shape,
        "unbatched": lambda case: len(case.inputs[0].shape) == 2,
        "other channels": lambda case: case.kwargs["in_channels"] == 8,
        "strided": lambda case: case.inputs[0].style == "strided",
        "float16": lambda case: case.dtype == "float16",
        "a kernel of 3": lambda case: case.kwargs["kernel_size"] == 3,
    }
    for name, condition in wanted.items():
        found = smallest(cases(CONV, "to_mindspore"), condition, max_examples=300)
        assert found is not None, name


def test_specials_are_left_out_where_a_trap_is_about_them() -> None:
    """ReLU's trap says what becomes of NaN."""
    assert "special" not in styles(default_catalog().find("torch.nn.ReLU"))
    assert "special" in styles(default_catalog().find("torch.nn.Flatten"))


def test_random_layers_are_no_case() -> None:
    """A dropout that drops is not compared, whatever p is drawn."""
    search = Search(default_catalog().find("torch.nn.Dropout"), "to_mindspore", 30)
    kept = searched(search, lambda case: timed(case, drawn=True))
    assert all(record.ok for record in kept)
    assert any(record.state == "rejected" for record in kept)


def test_mindspores_own_layers_get_no_empty_input() -> None:
    """Its Dense crashes there in float64."""
    entry = default_catalog().find("torch.nn.Linear")
    empty = {way: smallest(cases(entry, way), is_empty, max_examples=200) for way in DIRECTIONS}
    assert empty["to_mindspore"] is not None
    assert empty["to_torch"] is None


def is_empty(case: Case) -> bool:
    """Whether its input has no elements."""
    return any(isinstance(spec, InputSpec) and 0 in spec.shape for spec in case.inputs)


@pytest.mark.parametrize("style", STYLES[1:])
def test_styles(style: str) -> None:
    """Each does to the values what it says, the same each time."""
    spec = InputSpec((5, 7), style=style)
    array = spec.draw(np.random.default_rng(0), "float32").array
    sizes = np.abs(array[np.isfinite(array)])
    assert {
        "strided": not array.flags.c_contiguous,
        "negative": bool((array <= 0).all()),
        "large": sizes.max() > 1e5,
        "tiny": 0 < sizes.max() < 1e-18,
        "denormal": 0 < sizes.max() < np.finfo(np.float32).tiny,
        "special": not np.isfinite(array).all() and np.isnan(array).any(),
    }[style]


def test_strided_input_reaches_both_frameworks() -> None:
    """As it lies in memory, with the same values."""
    value = InputSpec((2, 3, 4), style="strided").draw(np.random.default_rng(0), "float32")
    for tensor in (torch_run._tensor(value), mindspore_run._tensor(value)):
        assert not tensor.is_contiguous()
        assert np.array_equal(tensor.numpy() if hasattr(tensor, "numpy") else tensor, value.array)


@pytest.mark.parametrize(
    "text",
    ["", "Conv1d(4, 6)", "to_mindspore-Linear(3, 4)-in2x3-float32-train-eager"]
    + ["to_mindspore-Conv1d(4, 6, 1)-inmany-float32-train-eager"]
    + ["to_mindspore-Conv1d(4,6,1)-in2x3-float32-train-eager"],
)
def test_what_is_no_id(text: str) -> None:
    """Said so, rather than another case run."""
    with pytest.raises(InvalidCall):
        parse_case(CONV, text)


def test_ids_of_every_input() -> None:
    """Scalars, integers, ranges, dtypes and styles."""
    specs = (
        InputSpec(()),
        InputSpec((3,), below=7, dtype="int32"),
        InputSpec((2, 0), between=(-1.5, 2.0), style="strided"),
        InputSpec((4, 4), boolean=True),
        Given("null"),
        (Given("[[1,-2.5],[0,1e+30]]", "float"), (InputSpec((2,)), Given('"last"'))),
    )
    case = Case(CONV, "to_mindspore", {"in_channels": 4}, specs, "float64", "eval", True, 5)
    assert parse_case(CONV, case.id, seed=5) == case
