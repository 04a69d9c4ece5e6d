"""Cases that hypothesis draws: legal, of every kind, and the smallest one that differs."""

from __future__ import annotations

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
from apimap.parity.cases import Case
from apimap.parity.run_case import run_case
from apimap.parity.specs import Given, InputSpec
from apimap.parity.strategies import cases, search, smallest, styles
from apimap.parity.styles import STYLES
from apimap.rules import RULES, find_rule

CONV = default_catalog().find("torch.nn.Conv1d")


def test_a_planted_bug_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Padding one too much where the dilation is over 1: nothing else is left in the case."""
    rule = find_rule("conv_padding")

    def wrong(padding: Any, padding_mode: str, **shape: Any) -> Any:
        mode, amount = rule.to_mindspore(padding, padding_mode, **shape)
        return (mode, amount + 1) if shape["dilation"] != (1,) else (mode, amount)

    monkeypatch.setitem(RULES, rule.name, replace(rule, to_mindspore=wrong))
    failure = search(CONV, "to_mindspore", max_examples=150).failure
    assert failure is not None
    case = failure.case
    assert set(case.kwargs) == {"in_channels", "out_channels", "groups", "kernel_size", "dilation"}
    assert (case.dtype, case.mode) == ("float32", "train")
    assert [spec.style for spec in case.inputs if isinstance(spec, InputSpec)] == [""]
    again = parse_case(CONV, case.id)
    assert again == case
    assert run_case(again).state == "differs"


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
        found = smallest(CONV, "to_mindspore", condition, max_examples=300)
        assert found is not None, name


def test_specials_are_left_out_where_a_trap_is_about_them() -> None:
    """ReLU's trap says what becomes of NaN."""
    assert "special" not in styles(default_catalog().find("torch.nn.ReLU"))
    assert "special" in styles(default_catalog().find("torch.nn.Flatten"))


def test_random_layers_are_no_case() -> None:
    """A dropout that drops is not compared, whatever p is drawn."""
    found = search(default_catalog().find("torch.nn.Dropout"), "to_mindspore", max_examples=30)
    assert found.failure is None
    assert found.states["rejected"]


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
