"""Run chosen cases, in worker processes or in this one, and say how it goes."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from apimap.parity.feed import Feed, Group, Job
from apimap.parity.progress import progress
from apimap.parity.records import CaseRecord, Results
from apimap.parity.results import collect
from apimap.parity.told import counts, finding
from apimap.parity.worker import Setup
from apimap.parity.workers import Workers, in_this_process

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Way:
    """How to run: in how many processes (0 is this one), and how long a case may take."""

    jobs: int = 1
    case_timeout: float = 120.0


@dataclass
class _Sweep:
    """What is done so far."""

    feed: Feed
    setup: Setup
    tell: Tell
    records: list[CaseRecord] = field(default_factory=list)
    by_group: dict[int, list[CaseRecord]] = field(default_factory=dict)

    def note(self, job: Job, record: CaseRecord) -> None:
        """Keep a record, and tell how a group went when it is over."""
        kept = self.by_group.setdefault(id(job.group), [])
        kept.append(self.keep(record))
        if job.group.is_over:
            self.tell(self.line(job.group, kept))

    def keep(self, record: CaseRecord) -> CaseRecord:
        """Keep a record, and tell what is wrong at once."""
        record = record.model_copy(update={"repro": again(record.repro, self.setup)})
        self.records.append(record)
        if not record.ok:
            self.tell(finding(record))
        return record

    @staticmethod
    def line(group: Group, records: Sequence[CaseRecord]) -> str:
        """How the cases of one entry in one direction went."""
        return f"{group.entry.name} {group.direction}: {counts(r.state for r in records)}"


def run(feed: Feed, setup: Setup, way: Way, *, seed: int, tell: Tell) -> Results:
    """Run the cases of a feed. Ctrl-C ends it early, with the results so far.

    Raises ``BackendUnavailable`` where a framework or the device is missing.
    """
    sweep = _Sweep(feed, setup, tell)
    begin, interrupted = time.perf_counter(), False
    workers = Workers(feed, setup, way.jobs, way.case_timeout)
    try:
        with progress() as advance:
            for job, record in workers.run() if way.jobs else in_this_process(feed, setup):
                sweep.note(job, record)
                advance(record.state, feed.total)
    except KeyboardInterrupt:
        interrupted = True
        for record in feed.unfinished():
            sweep.keep(record)
    seconds = time.perf_counter() - begin
    device = setup.device
    return collect(
        sweep.records, seed=seed, seconds=seconds, device=device, interrupted=interrupted
    )


def again(line: str, setup: Setup) -> str:
    """The line that runs a case again, with what is the user's own and the device."""
    words: list[str] = []
    for name in setup.rules:
        words += ["--rules", name]
    for path in setup.mappings:
        words += ["--mappings", os.path.relpath(path)]
    if setup.device != "CPU":
        words += ["--device", setup.device]
    return " ".join([line, shlex.join(words)]).strip()
