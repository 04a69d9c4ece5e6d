"""Every public layer class of both frameworks has a state, and most convert."""

from __future__ import annotations

from collections import Counter

import pytest

from apimap.catalog import default_catalog
from apimap.coverage import coverage
from apimap.frameworks.snapshot import layers
from apimap.schema import SIDES, TITLES, Side

ROWS = coverage()
KEYS: dict[Side, str] = {"torch": "entries", "mindspore": "mindspore"}
CONVERT_AT_LEAST: dict[Side, float] = {"torch": 1.0, "mindspore": 0.92}
"""13 of MindSpore's have no CPU kernel, so nothing could be compared; see their reasons."""


def states(side: Side) -> Counter[str]:
    """How many layer classes of the side have each state."""
    rows = [row for row in ROWS[KEYS[side]] if row[side].rpartition(".")[0] == f"{side}.nn"]
    return Counter(row["state"] for row in rows if row["kind"] != "other")


@pytest.mark.parametrize("side", SIDES)
def test_every_class_that_the_installed_framework_has_leads_somewhere(side: Side) -> None:
    """Enumerated live, so that a class of a new version turns this red."""
    missing = [name for name, _ in layers(side) if default_catalog().get(name) is None]
    assert missing == [], f"no entry says what becomes of these layers of {TITLES[side]}"


@pytest.mark.parametrize("side", SIDES)
def test_most_layers_convert(side: Side) -> None:
    """The share that was reached; each of the others has its reason."""
    found = states(side)
    share = 1 - found["unsupported"] / found.total()
    assert share >= CONVERT_AT_LEAST[side], found


def test_there_are_as_many_layers_as_counted() -> None:
    """145 classes of torch.nn are layers of their own; RNNBase is one of them by name only."""
    assert states("torch").total() == 145


@pytest.mark.parametrize("side", SIDES)
def test_no_layer_is_refused_without_a_reason(side: Side) -> None:
    """A full sentence that names the framework."""
    for row in ROWS[KEYS[side]]:
        if row["state"] == "unsupported":
            assert "PyTorch" in row["because"] or "MindSpore" in row["because"]
