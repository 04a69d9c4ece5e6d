"""Fault injection: what share of wrong mappings do an entry's own parity cases catch?"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Optional

from apimap.parity.cases import DIRECTIONS, Direction
from apimap.parity.mutant_feed import Bout, MutantFeed, Outcome
from apimap.parity.run import Way, again
from apimap.parity.strategies import source_of
from apimap.parity.worker import Setup
from apimap.parity.workers import Workers, in_this_process
from apimap.schema import Entry

Progress = Callable[[Outcome, int], None]
USUAL = Way()


def mutate(
    entries: Sequence[Entry],
    *,
    directions: Sequence[Direction] = DIRECTIONS,
    max_examples: Optional[int] = None,
    seed: int = 0,
    progress: Optional[Progress] = None,
    setup: Optional[Setup] = None,
    way: Way = USUAL,
) -> dict[str, Any]:
    """Plant every fault in turn, in memory, and run the entry's cases until one shows it.

    Args:
        max_examples: cases for each mutant at most; all that can show it where it is left out.
        progress: called with each outcome and how many mutants there are.
        setup: the user's own rules and mapping files, for the processes that run the mutants.
        way: in how many processes, each of which a mutant may crash; and for how long a mutant
            may give no sign of life.

    Returns:
        ``mutants`` (those that are equivalent are not counted), ``caught``, ``caught_share``,
        ``caught_by``, ``survivors``, ``equivalent``, ``lost`` (those that killed or hung their
        process), and ``entries`` with the same counts. After Ctrl-C ``interrupted`` is true, and
        the rest is about the mutants that had been tried.
    """
    begin, interrupted = time.perf_counter(), False
    os.environ.setdefault("GLOG_v", "4")  # noqa: SIM112  MindSpore's name; it warns of mutants
    setup = setup or Setup()
    feed = MutantFeed(
        [
            Bout(entry, way_there, max_examples, seed)
            for entry in entries
            for way_there in directions
            if source_of(entry, way_there) is not None
        ],
        lambda line: again(line, setup),
    )
    workers = Workers(feed, setup, way.jobs, way.case_timeout)
    try:
        for outcome in workers.run() if way.jobs else in_this_process(feed, setup):
            if progress is not None:
                progress(outcome, feed.total)
    except KeyboardInterrupt:
        interrupted = True
    seconds = round(time.perf_counter() - begin, 1)
    found = summary(feed.in_order(), entries)
    return {**found, "seed": seed, "seconds": seconds, "interrupted": interrupted}


def summary(outcomes: Sequence[Outcome], entries: Sequence[Entry] = ()) -> dict[str, Any]:
    """Counts over all and for each entry, and each mutant that was not caught."""
    rows = []
    for entry in entries:
        apis = (entry.torch, entry.mindspore)
        own = [o for o in outcomes if (o.torch, o.mindspore) == apis]
        rows.append({"torch": entry.torch, "mindspore": entry.mindspore, **_counts(own)})
    return {
        **_counts(outcomes),
        "caught_by": dict(Counter(o.by for o in outcomes if o.fate == "caught")),
        "survivors": [_shown(o) for o in outcomes if o.fate == "survived"],
        "equivalent": [_shown(o) for o in outcomes if o.fate == "equivalent"],
        "lost": [_shown(o) for o in outcomes if o.by in ("crashed", "timeout")],
        "entries": rows,
    }


def _counts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    fates = Counter(outcome.fate for outcome in outcomes)
    mutants = fates["caught"] + fates["survived"]
    share = fates["caught"] / mutants if mutants else None
    return {
        "mutants": mutants,
        "caught": fates["caught"],
        "caught_share": share,
        "equivalents": fates["equivalent"],
    }


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {key: value for key, value in asdict(outcome).items() if key not in ("fate", "by")}
