"""Every entry's parity cases, generated from the mapping files."""

from __future__ import annotations

from collections import Counter
from typing import Optional

import pytest

from apimap.catalog import default_catalog
from apimap.parity.cases import DIRECTIONS, Direction, generate
from apimap.parity.sweep import sweep
from apimap.schema import Entry

FAILURES_SHOWN = 5


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each entry and direction that has cases."""
    pairs = [
        pytest.param(entry, direction, id=f"{direction}-{entry.torch}")
        for entry in default_catalog().entries
        for direction in DIRECTIONS
        if generate(entry, direction)
    ]
    metafunc.parametrize(("entry", "direction"), pairs)


def test_parity(entry: Entry, direction: Direction, max_examples: Optional[int]) -> None:
    """All cases of an entry agree, or are refused for a reason."""
    states: Counter[str] = Counter()
    failures = []
    for result in sweep(entry, direction, max_examples=max_examples):
        states[result.state] += 1
        if not result.ok:
            failures.append(str(result))
    print(dict(states))
    assert not failures, f"{len(failures)} cases differ\n" + "\n".join(failures[:FAILURES_SHOWN])
    assert states["equal"] + states["rounding"], f"no case was compared: {dict(states)}"
