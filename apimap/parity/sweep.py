"""Run the cases of entries, one after the other in one process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Optional

from apimap.parity.cases import Direction, generate
from apimap.parity.round_trip import Seen
from apimap.parity.run_case import CaseResult, run_case
from apimap.schema import Entry

TRIES = 8
"""How many cases may be drawn for each one that is wanted, where a framework rejects many."""


def sweep(
    entry: Entry, direction: Direction, *, max_examples: Optional[int] = None, seed: int = 0
) -> Iterator[CaseResult]:
    """Results of an entry's cases in one direction, as they are made.

    ``max_examples`` counts cases that were run; a case that its own framework rejects is yielded
    too, and another one is drawn for it. Nothing is drawn twice.
    """
    seen = Seen()
    for batch in generate(entry, direction, max_examples=max_examples, seed=seed):
        cases, run = batch.cases, 0
        if batch.wanted is not None:
            cases = itertools.islice(cases, TRIES * batch.wanted)
        for case in cases:
            result = run_case(case, seen)
            yield result
            run += result.state != "rejected"
            if run == batch.wanted:
                break
