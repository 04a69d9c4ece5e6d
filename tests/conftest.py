"""What every test process needs before a framework is imported, and the size of the sweeps."""

from __future__ import annotations

import os
from typing import Optional

# Both are read once, at import. Workers that each use every core slow each other down.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

OPTION = "--apimap-max-examples"
VARIABLE = "APIMAP_MAX_EXAMPLES"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option; the environment variable of the same meaning reaches xdist's workers too."""
    text = "parity cases to run for each entry and direction, or 'all'"
    parser.addoption(OPTION, default=os.environ.get(VARIABLE, "12"), help=text)


@pytest.fixture(scope="session")
def max_examples(pytestconfig: pytest.Config) -> Optional[int]:
    """Parity cases for each entry and direction; None for all."""
    given = str(pytestconfig.getoption(OPTION))
    return None if given == "all" else int(given)
