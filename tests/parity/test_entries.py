"""Every entry's parity cases, generated from the mapping files, as any project collects them."""

from __future__ import annotations

from apimap.parity.entry_cases import pytest_generate_tests as pytest_generate_tests
from apimap.parity.entry_cases import test_parity as test_parity
