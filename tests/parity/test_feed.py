"""Which case is next, while others are under way."""

from __future__ import annotations

from collections import Counter

import pytest

from apimap.parity.feed import Choice, Feed, Job
from apimap.parity.records import CaseRecord, State
from apimap.parity.results import lost
from apimap.parity.selection import select


def ended(job: Job, state: State) -> CaseRecord:
    """A record of the job's case, in some state."""
    return lost(job.case, "crashed", "").model_copy(update={"state": state})


@pytest.mark.parametrize("processes", [1, 3, 8])
def test_the_same_cases_are_drawn_for_any_number_of_workers(processes: int) -> None:
    """Every third case is rejected, so that others are drawn for it while some are under way."""

    def drawn(ahead: int) -> Counter[str]:
        feed = Feed.of(select(["Linear", "Flatten"]), Choice(["to_mindspore"], max_examples=30))
        flying, ids = list[Job](), Counter[str]()
        while True:
            while len(flying) < ahead and (job := feed.take()) is not None:
                flying.append(job)
            if not flying:
                assert all(group.is_over for group in feed.groups)
                assert feed.total == ids.total()
                return ids
            job = flying.pop(0)
            ids[job.case.id] += 1
            feed.done(job, ended(job, "rejected" if job.case.seed % 3 == 0 else "equal"))

    assert drawn(processes) == drawn(1)
