"""The JSON of a sweep is what its published schema says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from apimap.catalog import default_catalog
from apimap.frameworks.record import Value
from apimap.parity.compare import compare
from apimap.parity.report import ParityReport, Row
from apimap.parity.results import (
    SCHEMA,
    STATES,
    Bound,
    DivergenceRecord,
    LayerRecord,
    Results,
    collect,
    lost,
    read,
    record,
    schema_text,
    write,
)
from apimap.parity.run_case import CaseResult
from apimap.parity.sweep import sweep

Validator = jsonschema.Draft202012Validator


@pytest.fixture(scope="module")
def real() -> list[CaseResult]:
    """A sweep of one entry."""
    return list(sweep(default_catalog().find("torch.nn.Linear"), "to_mindspore", max_examples=4))


def _worst_of(result: CaseResult) -> CaseResult:
    """The same case with NaN on one side, an infinity and integers that differ."""
    with_nan = compare(Value.of([1.0, np.nan]), Value.of([1.0, 2.0]), np.array([1.0, 2.0]))
    integers = compare(Value.of([1, 2]), Value.of([1, 3]))
    shapes = compare(Value.of([1.0]), Value.of([[1.0]]))
    found = (Row("output 0", with_nan, "float64"), Row("output 1", integers, "int64", "eval"))
    report = ParityReport((*found, Row("output 2", shapes, "float64")), ("PyTorch raised",))
    return replace(result, state="differs", report=report)


def _results(real: list[CaseResult], **options: Any) -> Results:
    crashed = lost(real[0].case, "crashed", "ended by SIGSEGV", 0.5)
    late = lost(real[1].case, "timeout", "ended after 30 s", 30.0)
    cases = [*map(record, real), record(_worst_of(real[0])), crashed, late]
    return collect(cases, seed=0, seconds=1.5, **options)


def test_the_published_schema_is_current() -> None:
    """``make docs`` writes it from the classes, and it is a schema."""
    assert SCHEMA.read_text() == schema_text()
    Validator.check_schema(json.loads(schema_text()))


def test_a_sweep_is_valid_and_read_again(real: list[CaseResult], tmp_path: Path) -> None:
    """JSON's own numbers only, and nothing is lost."""
    bound = Bound(rtol=1e-6, atol=1e-5)
    layer = LayerRecord(
        name="features.0", depth=0, verdict="differs", max_abs=np.inf, max_rel=0.5, tolerance=bound
    )
    first = DivergenceRecord(name="features.0", mindspore="features.0", detail="max abs inf")
    results = _results(real, interrupted=True, layers=[layer], first_divergence=first)
    write(results, tmp_path / "results.json")
    data = json.loads((tmp_path / "results.json").read_text(), parse_constant=pytest.fail)
    Validator(json.loads(SCHEMA.read_text())).validate(data)
    assert read(tmp_path / "results.json") == results
    assert (
        data["totals"]["cases"]
        == len(data["cases"])
        == sum(results.totals.model_dump().values()) / 2
    )
    assert data["totals"]["crashed"] == data["totals"]["timeout"] == data["totals"]["differs"] == 1
    assert data["layers"][0]["max_abs"] == "inf"
    assert data["first_divergence"]["alone"] is None
    assert not results.ok


def test_rows_carry_values_and_what_was_allowed(real: list[CaseResult]) -> None:
    """The entry's tolerance or the dtype's; text where JSON has no number."""
    rows = record(_worst_of(real[0])).rows
    assert (rows[0].index, rows[0].actual, rows[0].expected) == ((1,), "nan", 2.0)
    assert (rows[0].max_abs, rows[0].reference) == ("inf", 2.0)
    assert (rows[1].name, rows[1].tolerance.atol) == ("output 1 (eval)", 0.0)
    assert (rows[1].actual, rows[1].expected) == (2, 3)
    assert rows[2].mismatch == "shape (1,) instead of (1, 1)"
    first = record(real[0]).rows[0]
    assert (first.dtype, first.tolerance.rtol) == ("float32", 1.3e-6)


def test_a_repro_line_names_the_case(real: list[CaseResult]) -> None:
    """One line for a shell."""
    line = record(real[0]).repro
    assert line.startswith("apimap parity torch.nn.Linear --direction to_mindspore --seed 0")
    assert line.endswith(f"--case '{real[0].case.id}'")


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    """A key that nobody knows, a state that is none."""
    schema = Validator(json.loads(SCHEMA.read_text()))
    empty = json.loads(collect([], seed=0, seconds=0).model_dump_json())
    schema.validate(empty)
    assert not schema.is_valid({**empty, "more": 1})
    assert not schema.is_valid({key: value for key, value in empty.items() if key != "totals"})
    assert set(STATES) | {"cases"} == set(empty["totals"])
