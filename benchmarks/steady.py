"""Ratios that hold on a busy machine.

MindSpore hands each operator to threads of its own, and a hand-over to another core, or to a
thread that does not get its turn, takes longer than a small operator: two cells of one class then
read 0.6 to 1.6. So this process keeps one core, launches operators one by one, and counts the
processor time of all its threads, which waiting does not add to. In a graph the calling thread
would spin while the computing threads wait for their turn, so there they go before it, where the
system allows that; outside of graphs it is they who would spin. Each round runs all actions in
the order A B B A; the ratio is the middle one of all rounds.
"""

from __future__ import annotations

import gc
import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import mindspore

Action = Callable[[], object]
BLOCK, BUDGET, ROUNDS = 0.004, 0.3, (3, 15)
THREADS = Path("/proc/self/task")


def settle() -> None:
    """Make this process one whose times can be compared; there is no way back."""
    mindspore.runtime.launch_blocking()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def put_workers_first(first: bool) -> None:
    """Whether threads that compute preempt the calling one; only root may ask for it."""
    own = threading.get_native_id()
    with suppress(OSError, AttributeError):
        policy = os.SCHED_RR if first else os.SCHED_OTHER
        for thread in (int(path.name) for path in THREADS.iterdir()):
            if thread != own:
                os.sched_setscheduler(thread, policy, os.sched_param(int(first)))


def busy(action: Action, times: int) -> float:
    """Seconds of processor time for one of several calls."""
    start = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - start) / times


def compared(actions: Sequence[Action], *, in_graph: bool) -> list[float]:
    """The time of the first action, then that of each other one in shares of the first."""
    put_workers_first(False)
    for action in [*actions, *actions]:
        action()
    put_workers_first(in_graph)
    once = [min(busy(action, 1) for _ in range(2)) for action in actions]
    times = [max(1, round(BLOCK / one)) for one in once]
    cost = 2 * sum(one * count for one, count in zip(once, times, strict=True))
    rounds = min(max(round(BUDGET / cost), ROUNDS[0]), ROUNDS[1])
    gc.collect()
    gc.disable()
    taken = [_round(actions, times) for _ in range(rounds)]
    gc.enable()
    middle = statistics.median
    shares = [middle(one[i] / one[0] for one in taken) for i in range(1, len(actions))]
    return [middle(one[0] for one in taken), *shares]


def _round(actions: Sequence[Action], times: Sequence[int]) -> list[float]:
    turns = list(range(len(actions)))
    found = [0.0] * len(actions)
    for turn in turns + turns[::-1]:
        found[turn] += busy(actions[turn], times[turn]) / 2
    return found
