"""Ratios that hold on a busy machine.

MindSpore hands each operator to threads of its own, and a hand-over to another core, or to a
process that waits, takes longer than a small operator: two cells of one class then read 0.9 to
1.6. So this process keeps one core, launches operators one by one, and counts the processor time
of all its threads, which waiting does not add to; each round runs both in the order A B B A, and
the ratio is the middle one of all rounds.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable

import mindspore

Action = Callable[[], object]
BLOCK, ROUNDS = 0.004, 11


def settle() -> None:
    """Make this process one whose times can be compared; there is no way back."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    mindspore.runtime.launch_blocking()


def busy(action: Action, times: int) -> float:
    """Seconds of processor time for one of several calls."""
    start = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - start) / times


def compared(*actions: Action, rounds: int = ROUNDS) -> list[float]:
    """The time of the first action, and of each other one in shares of the first."""
    for action in actions * 2:
        action()
    times = [max(1, round(BLOCK / min(busy(a, 1) for _ in range(3)))) for a in actions]
    turns = list(range(len(actions)))
    taken: list[list[float]] = []
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        found = [0.0] * len(actions)
        for turn in turns + turns[::-1]:
            found[turn] += busy(actions[turn], times[turn]) / 2
        taken.append(found)
    gc.enable()
    shares = [statistics.median(one[i] / one[0] for one in taken) for i in turns[1:]]
    return [statistics.median(one[0] for one in taken), *shares]
