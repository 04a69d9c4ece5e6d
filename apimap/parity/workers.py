"""Worker processes that may die: one result for each task, whatever it does to its process.

They are spawned, never forked: MindSpore hangs in a forked child. A process takes task after task
through a pipe, and is replaced only when a task killed it or had to be ended.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Optional, Protocol

from apimap.errors import BackendUnavailable
from apimap.parity.worker import (
    DUMP,
    Failure,
    Lost,
    Result,
    Said,
    Setup,
    Task,
    prepare,
    serve,
    unavailable,
)

START_LIMIT = 600.0
"""Seconds in which a worker must have imported both frameworks."""
FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<name>.*)$', re.MULTILINE)
FRAMES = 5


class Job(Protocol):
    """A task, and what its feed needs to know with the result."""

    @property
    def task(self) -> Task:
        """What a worker is given."""


class Feed(Protocol):
    """Where tasks come from, and their results go."""

    ahead: int
    """Tasks that a worker has before it."""

    def take(self, worker: int = 0) -> Optional[Any]:
        """The next job, for this worker; None where there is none at present."""

    def done(self, job: Any, result: Any) -> Iterable[Any]:
        """Note the result of a job; returns what is known for good by now."""


def in_this_process(feed: Feed, setup: Setup) -> Iterator[Any]:
    """What the feed makes of its tasks here, where a debugger works, and a crash is the end."""
    prepare(setup)
    while (job := feed.take()) is not None:
        yield from feed.done(job, job.task.run(lambda text: None))


@dataclass
class _Worker:
    """A process, the tasks before it, when the first began or was last heard of, and its words."""

    process: Any
    connection: Connection
    log: Path
    since: float = field(default_factory=time.monotonic)
    waiting: deque[Job] = field(default_factory=deque)
    is_ready: bool = False
    last: str = ""

    def feed(self, job: Job) -> None:
        if not self.waiting and self.is_ready:
            self.since = time.monotonic()
        self.waiting.append(job)
        with contextlib.suppress(BrokenPipeError):  # its end is seen when it is read from
            self.connection.send(job.task)

    def limit(self, case_timeout: float) -> float:
        return case_timeout if self.is_ready else START_LIMIT

    def left(self, case_timeout: float) -> float:
        """Seconds until it has taken too long."""
        if self.is_ready and not self.waiting:
            return START_LIMIT
        return self.since + self.limit(case_timeout) - time.monotonic()

    def place(self) -> str:
        """Where in the code it was, innermost first, as its log tells."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        frames = FRAME.findall(text.rpartition("most recent call first")[2])[:FRAMES]
        calls = [f"{name} ({Path(file).name}:{line})" for file, line, name in frames]
        return f", in {' < '.join(calls)}" if calls else ""

    def fate(self) -> str:
        """How the process ended."""
        self.process.join(5)
        code = self.process.exitcode
        if code is not None and code < 0:
            return f"killed by {signal.Signals(-code).name}{self.place()}"
        said = self.log.read_text(errors="replace").strip() if self.log.exists() else ""
        return f"the process ended with exit code {code}: {said.rpartition(chr(10))[2]}"

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class Workers:
    """Up to ``jobs`` processes that do the tasks of a feed."""

    def __init__(self, feed: Feed, setup: Setup, jobs: int, case_timeout: float) -> None:
        self.feed, self.setup, self.jobs, self.case_timeout = feed, setup, jobs, case_timeout
        self._workers: list[_Worker] = []
        self._again: deque[Job] = deque()
        self._folder = tempfile.TemporaryDirectory(prefix="apimap-", ignore_cleanup_errors=True)

    def run(self) -> Iterator[Any]:
        """What the feed makes of the results, as they come.

        Raises ``BackendUnavailable`` where a worker cannot begin.
        """
        try:
            self._fill()
            while any(worker.waiting for worker in self._workers):
                yield from self._listen()
                yield from self._overdue()
                self._fill()
        finally:
            self._end()

    def _fill(self) -> None:
        """Give each worker tasks, evenly, and start those that there is work for."""
        for depth in range(1, self.feed.ahead + 1):
            for index in range(self.jobs):
                has_worker = index < len(self._workers)
                if has_worker and len(self._workers[index].waiting) >= depth:
                    continue
                job = self._again.popleft() if self._again else self.feed.take(index)
                if job is None:
                    return
                if not has_worker:
                    self._workers.append(self._start())
                self._workers[min(index, len(self._workers) - 1)].feed(job)

    def _start(self) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        log = Path(self._folder.name) / f"{time.monotonic_ns()}.log"
        process = context.Process(target=serve, args=(theirs, self.setup, str(log)), daemon=True)
        with _uninterrupted():
            process.start()
        theirs.close()
        return _Worker(process, ours, log)

    def _listen(self) -> Iterator[Any]:
        """Wait for the next message or deadline, and take what has come."""
        timeout = min(worker.left(self.case_timeout) for worker in self._workers)
        wait([worker.connection for worker in self._workers], max(timeout, 0.0))
        for worker in list(self._workers):
            try:
                while worker.connection.poll():
                    yield from self._take(worker, worker.connection.recv())
            except (EOFError, OSError):
                yield from self._bury(worker, "crashed", worker.fate())

    def _take(self, worker: _Worker, message: Any) -> Iterator[Any]:
        worker.since = time.monotonic()
        if isinstance(message, Failure):
            raise unavailable(message)
        if isinstance(message, Said):
            worker.last = message.text
        if isinstance(message, Result):
            worker.last = ""
            yield from self.feed.done(worker.waiting.popleft(), message.value)
        worker.is_ready = True

    def _overdue(self) -> Iterator[Any]:
        for worker in list(self._workers):
            if worker.left(self.case_timeout) > 0:
                continue
            if DUMP is not None and worker.process.is_alive():
                os.kill(worker.process.pid, DUMP)
                worker.process.join(0.3)
            reason = f"ended after {worker.limit(self.case_timeout):g} s{worker.place()}"
            yield from self._bury(worker, "timeout", reason)

    def _bury(self, worker: _Worker, state: Lost, reason: str) -> Iterator[Any]:
        """Its first task is the one that did it; the others are run again by another worker."""
        self._workers.remove(worker)
        seconds = time.monotonic() - worker.since
        worker.kill()
        if not worker.is_ready:
            raise BackendUnavailable(
                f"a worker did not start: {reason}", hint="see `apimap doctor`"
            )
        if not worker.waiting:
            return
        job = worker.waiting.popleft()
        self._again.extend(worker.waiting)
        yield from self.feed.done(job, job.task.lost(state, reason, seconds, worker.last))

    def _end(self) -> None:
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
        self._folder.cleanup()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """A child that is started in here does not see Ctrl-C, from its first instruction on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
