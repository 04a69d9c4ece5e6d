"""A search by hypothesis as a draw of cases: the next one follows from the last one's result.

Hypothesis calls back and waits for an answer, so each search has a thread. It runs only while the
one who asks for a case waits for it: the same cases are drawn for any number of workers.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Optional, Union

from hypothesis import assume

from apimap.parity.cases import Case, Direction
from apimap.parity.records import CaseRecord
from apimap.parity.strategies import cases, smallest
from apimap.schema import Entry

LOST, SECONDS_LOST = 20, 120.0
"""How many cases may crash or hang, and how long they may take, before shrinking ends."""
Step = Union[Case, Exception, None]


class Search:
    """Draws ``examples`` cases that the source accepts, or until one is a finding.

    That one is shrunk to the smallest case that ends in the same state. What is run on the way
    there is no case of its own.
    """

    def __init__(
        self,
        entry: Entry,
        direction: Direction,
        examples: int,
        *,
        seed: int = 0,
        dtype: Optional[str] = None,
    ) -> None:
        self.strategy = cases(entry, direction, seed=seed, dtype=dtype)
        self.examples, self.seed, self.expected = examples, seed, examples
        self.found: Optional[CaseRecord] = None
        self._known: dict[str, CaseRecord] = {}
        self._kept = 0
        self._thread: Optional[threading.Thread] = None
        self._next: Optional[Case] = None
        self._flying = False
        self._steps: SimpleQueue[Step] = SimpleQueue()
        self._answers: SimpleQueue[CaseRecord] = SimpleQueue()

    def take(self) -> Optional[Case]:
        """The next case; None where there is none, or while a result must be awaited."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
            self._advance()
        case, self._next = self._next, None
        self._flying = self._flying or case is not None
        return case

    def done(self, record: CaseRecord) -> list[CaseRecord]:
        """Note what became of the case; returns the records to keep."""
        self._known[record.id] = record
        kept = self._noted(record)
        self._flying = False
        self._answers.put(record)
        self._advance()
        if self.is_over:
            kept += self.unfinished()
        self._kept += len(kept)
        if self.is_over:
            self.expected = self._kept
        return kept

    @property
    def is_over(self) -> bool:
        """Whether nothing is awaited and nothing will come."""
        return self._thread is not None and not self._flying and self._next is None

    def unfinished(self) -> list[CaseRecord]:
        """The smallest finding so far, once."""
        found, self.found = self.found, None
        if found is None:
            return []
        if self._has_lost_enough:
            text = f"{found.reason}; too many processes were lost to shrink it further"
            found = found.model_copy(update={"reason": text})
        return [found]

    def _noted(self, record: CaseRecord) -> list[CaseRecord]:
        """A finding of another kind than the one that is shrunk is kept as it is."""
        if record.ok:
            return [] if self.found else [record]
        if self.found is None or record.state == self.found.state:
            self.found = record
            return []
        return [record]

    def _advance(self) -> None:
        step = self._steps.get()
        if isinstance(step, Exception):
            raise step
        self._next = step

    def _run(self) -> None:
        """In the search's own thread."""
        try:
            options = {"max_examples": self.examples, "seed": self.seed}
            case = smallest(self.strategy, self._fails, **options)
            if case is not None:
                self.found = self._known[case.id]
            self._steps.put(None)
        except Exception as error:  # noqa: BLE001  raised where the case is awaited
            self._steps.put(error)

    def _fails(self, case: Case) -> bool:
        record = self._known.get(case.id)
        if record is None:
            if self._has_lost_enough:
                return False
            self._steps.put(case)
            record = self._answers.get()
        assume(record.state != "rejected")
        return self.found is not None and record.state == self.found.state

    @property
    def _has_lost_enough(self) -> bool:
        states = ("crashed", "timeout")
        seconds = [each.seconds for each in self._known.values() if each.state in states]
        return len(seconds) >= LOST or sum(seconds) >= SECONDS_LOST
