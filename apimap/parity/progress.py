"""How far a sweep is, how fast it goes and what is left: on stderr, on a terminal only."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[str, int], None]
BAD = ("differs", "crashed", "timeout", "survived")


@contextmanager
def progress(things: str = "cases") -> Iterator[Advance]:
    """Call what this gives with the state of each thing and how many there will be."""
    if not sys.stderr.isatty():
        yield lambda state, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    # A redirected stdout stays what it is; on a terminal its lines go above the bar.
    on_terminal = sys.stdout.isatty()
    words = TextColumn(f"{{task.fields[rate]}} {things}/s, left"), TextColumn("{task.fields[bad]}")
    columns = (BarColumn(), MofNCompleteColumn(), words[0], TimeLeft(), words[1])
    console, found = Console(stderr=True), Counter[str]()
    with Progress(*columns, console=console, transient=True, redirect_stdout=on_terminal) as bar:
        task = bar.add_task("", total=None, rate="-", bad="starting")

        def advance(state: str, total: int) -> None:
            found[state] += 1
            done, seconds = sum(found.values()), bar.tasks[0].elapsed or 0.0
            rate = f"{done / seconds:.1f}" if seconds else "-"
            bad = ", ".join(f"{found[s]} {s}" for s in BAD if found[s])
            bar.update(task, completed=done, total=max(total, done), rate=rate, bad=bad)

        yield advance
