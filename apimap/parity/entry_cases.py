"""The entries' cases as tests: ``pytest --pyargs apimap.parity -k ConvTranspose1d``."""

from __future__ import annotations

import pytest

from apimap.catalog import default_catalog
from apimap.errors import ApimapError
from apimap.parity.cases import DIRECTIONS, Direction, generate
from apimap.parity.fixture import Parity
from apimap.parity.told import counts, finding
from apimap.parity.worker import load_own
from apimap.schema import Entry

FAILURES_SHOWN = 5


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each entry and direction that has cases, the user's own among them."""
    wanted = metafunc.config.getoption("apimap_direction")
    try:
        load_own((), tuple(metafunc.config.getoption("apimap_mappings")))
    except ApimapError as error:
        raise pytest.Collector.CollectError(str(error)) from error
    pairs = [
        pytest.param(entry, direction, id=f"{direction}-{entry.name}")
        for entry in default_catalog().entries
        for direction in DIRECTIONS
        if wanted in (direction, "both") and generate(entry, direction)
    ]
    metafunc.parametrize(("entry", "direction"), pairs)


def test_parity(entry: Entry, direction: Direction, parity: Parity) -> None:
    """All cases of an entry agree, or are refused for a reason."""
    found = parity.entry(entry, direction)
    states = counts(case.state for case in found)
    print(states)
    failures = [finding(case) for case in found if not case.ok]
    if failures:
        shown = "\n".join(failures[:FAILURES_SHOWN])
        pytest.fail(f"{len(failures)} of {len(found)} cases differ\n{shown}", pytrace=False)
    if not any(case.state in ("equal", "rounding") for case in found):
        pytest.fail(f"no case was compared: {states}", pytrace=False)
