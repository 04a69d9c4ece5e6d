"""Fault injection: what share of wrong mappings do an entry's own parity cases catch?"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Literal, Optional

from apimap.parity.cases import DIRECTIONS, Direction
from apimap.parity.strategies import source_of
from apimap.parity.worker import Setup, prepare
from apimap.schema import Entry

if TYPE_CHECKING:
    from apimap.parity.bench import Bench
    from apimap.parity.mutants import Mutant

Fate = Literal["caught", "survived", "equivalent"]
Progress = Callable[[int, int, str], None]
Task = tuple[Entry, Direction]
START_LIMIT, MUTANT_LIMIT = 600.0, 300.0
"""Seconds until a process has imported the frameworks, and for one mutant."""


@dataclass(frozen=True)
class Plan:
    """What a process is to do."""

    tasks: Sequence[Task]
    max_examples: Optional[int]
    seed: int
    setup: Setup


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    ``by`` says what showed it: ``differs`` (values, shapes, the way back, or a conversion that
    failed), ``refused`` (apimap refuses what it converts), ``crashed`` or ``timeout``. ``why``
    explains a survivor, ``case`` reproduces the case that shows the fault, or would.
    """

    torch: str
    mindspore: str
    direction: Direction
    fault: str
    fate: Fate = "caught"
    by: str = ""
    why: str = ""
    case: str = ""

    def __str__(self) -> str:
        text = f"{self.torch} {self.direction}: {self.fault}: {self.fate}"
        return f"{text}, {self.by}" if self.by else f"{text}: {self.why}" if self.why else text


def mutate(
    entries: Sequence[Entry],
    *,
    directions: Sequence[Direction] = DIRECTIONS,
    max_examples: Optional[int] = None,
    seed: int = 0,
    progress: Optional[Progress] = None,
    setup: Optional[Setup] = None,
    isolated: bool = True,
) -> dict[str, Any]:
    """Plant every fault in turn, in memory, and run the entry's cases until one shows it.

    Args:
        max_examples: cases for each mutant at most; all that can show it where it is left out.
        progress: called with mutants done, mutants in all and the last one's text.
        setup: the user's own rules and mapping files, for the process that runs the mutants.
        isolated: run in a process of its own, which a mutant may crash.

    Returns:
        ``mutants`` (those that are equivalent are not counted), ``caught``, ``caught_share``,
        ``caught_by``, ``survivors``, ``equivalent``, and ``entries`` with the same counts.
    """
    begin = time.perf_counter()
    tasks = [(e, way) for e in entries for way in directions if source_of(e, way) is not None]
    plan = Plan(tasks, max_examples, seed, setup or Setup())
    outcomes = []
    for outcome, total in _isolated(plan) if isolated else _here(plan):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), total, str(outcome))
    result = summary(outcomes, entries)
    return {**result, "seed": seed, "seconds": round(time.perf_counter() - begin, 1)}


def summary(outcomes: Sequence[Outcome], entries: Sequence[Entry] = ()) -> dict[str, Any]:
    """Counts over all and for each entry, and each mutant that was not caught."""
    named = {
        fate: [_shown(o) for o in outcomes if o.fate == fate] for fate in ("survived", "equivalent")
    }
    rows = []
    for entry in entries:
        apis = (entry.torch, entry.mindspore)
        own = [o for o in outcomes if (o.torch, o.mindspore) == apis]
        rows.append({"torch": entry.torch, "mindspore": entry.mindspore, **_counts(own)})
    return {
        **_counts(outcomes),
        "caught_by": dict(Counter(o.by for o in outcomes if o.fate == "caught")),
        "survivors": named["survived"],
        "equivalent": named["equivalent"],
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


def _work(plan: Plan) -> list[tuple[Bench, Mutant]]:
    from apimap.parity.bench import Bench

    benches = [Bench(entry, way, plan.max_examples, plan.seed) for entry, way in plan.tasks]
    return [(bench, mutant) for bench in benches for mutant in bench.mutants]


def _here(plan: Plan) -> Iterator[tuple[Outcome, int]]:
    work = _work(plan)
    for bench, mutant in work:
        yield bench.outcome(mutant), len(work)


def _isolated(plan: Plan) -> Iterator[tuple[Outcome, int]]:
    """As above in a spawned process; a mutant that kills it is caught, and another goes on."""
    done, total = 0, 1
    while plan.tasks and done < total:
        ours, theirs = get_context("spawn").Pipe()
        process = get_context("spawn").Process(
            target=_serve, args=(theirs, plan, done), daemon=True
        )
        process.start()
        theirs.close()
        begun: Optional[Outcome] = None
        try:
            for total, message in _messages(ours):
                if message.fate == "survived" and message.why == BEGUN:
                    begun = message
                    continue
                done, begun = done + 1, None
                yield message, total
            fate = "crashed"
        except TimeoutError:
            fate = "timeout"
        finally:
            process.kill()
            process.join()
        if done < total:
            if begun is None:
                raise RuntimeError(f"the process that runs mutants ended ({process.exitcode})")
            done += 1
            yield _lost(begun, fate), total


BEGUN = "begun"


def _lost(begun: Outcome, fate: str) -> Outcome:
    return Outcome(begun.torch, begun.mindspore, begun.direction, begun.fault, by=fate)


def _messages(connection: Connection) -> Iterator[tuple[int, Outcome]]:
    limit = START_LIMIT
    with suppress(EOFError, OSError):
        while connection.poll(limit):
            yield connection.recv()
            limit = MUTANT_LIMIT
        raise TimeoutError


def _serve(connection: Connection, plan: Plan, skip: int) -> None:
    """Send each mutant when it is begun and when it is done, from the ``skip``-th on."""
    os.environ["GLOG_v"] = "4"  # noqa: SIM112  MindSpore's name; it warns of what mutants do
    prepare(plan.setup)
    work = _work(plan)
    for bench, mutant in work[skip:]:
        connection.send((len(work), bench.begun(mutant)))
        connection.send((len(work), bench.outcome(mutant)))
    connection.close()
    os._exit(0)  # the frameworks' own ways out take seconds
