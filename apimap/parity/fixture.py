"""The pytest fixture ``parity``."""

from __future__ import annotations

import shlex
import time
import warnings
from typing import Any, Optional

import pytest

from apimap.errors import ParityError
from apimap.frameworks import framework
from apimap.parity.cases import Direction
from apimap.parity.feed import Choice, Feed
from apimap.parity.records import CaseRecord
from apimap.parity.report import ParityReport
from apimap.parity.reported import hand_written
from apimap.parity.worker import timed
from apimap.schema import SIDES, Entry


class Parity:
    """The fixture: called it asserts, and all that it compares goes into the report."""

    def __init__(self, request: pytest.FixtureRequest, records: list[dict[str, Any]]) -> None:
        self._node, self._records = request.node, records
        self._config = request.config
        self.device = str(request.config.getoption("apimap_device"))
        for side in SIDES:
            framework(side).use_device(self.device)

    def __call__(self, a: Any, b: Any, inputs: Any, **options: Any) -> None:
        """Fail where ``check_parity`` of these arguments finds more than rounding."""
        report = self._checked(a, b, inputs, options)
        if not report.ok:
            raise ParityError(str(report))

    def check(self, a: Any, b: Any, inputs: Any, **options: Any) -> ParityReport:
        """The report of ``check_parity``, with the marker's tolerances where none are given."""
        return self._checked(a, b, inputs, options)

    def _checked(self, a: Any, b: Any, inputs: Any, options: dict[str, Any]) -> ParityReport:
        from apimap.parity.check import check_parity

        given = {**self._marked(), **options}
        begin = time.perf_counter()
        report = check_parity(a, b, inputs, **given)
        for note in report.notes:  # those of a report that is fine are seen nowhere else
            warnings.warn(note, stacklevel=3)
        self._record(hand_written(report, a, b, given, time.perf_counter() - begin))
        return report

    def entry(self, entry: Entry, direction: Direction) -> list[CaseRecord]:
        """What became of the cases of an entry, as many as ``--apimap-max-examples`` says."""
        examples: Optional[int] = self._config.getoption("apimap_max_examples")
        feed, found = Feed.of([entry], Choice([direction], max_examples=examples)), []
        while (job := feed.take()) is not None:
            case = timed(job.case)
            for _, kept in feed.done(job, case):
                self._record(kept)
                found.append(kept)
        return found

    def _marked(self) -> dict[str, Any]:
        marker = self._node.get_closest_marker("parity")
        options = dict(marker.kwargs) if marker else {}
        bounds = [options.pop(name, None) for name in ("rtol", "atol")]
        if bounds == [None, None]:
            return options
        if None in bounds:
            raise pytest.UsageError("the marker parity takes both rtol and atol, or neither")
        return {"tolerance": tuple(bounds), **options}

    def _record(self, case: CaseRecord) -> None:
        if case.route == "hand-written":
            number = sum(item["route"] == "hand-written" for item in self._records)
            name = f"{self._node.nodeid} #{number + 1}" if number else self._node.nodeid
            again = shlex.join(["pytest", self._node.nodeid])
            case = case.model_copy(update={"id": name, "repro": again})
        self._records.append(case.model_dump(mode="json"))
