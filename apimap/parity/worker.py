"""The process that does tasks: what comes through its pipe, one after the other."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import importlib.util
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, Optional, Protocol

from apimap.catalog import load_mappings
from apimap.errors import ApimapError, BackendUnavailable, InvalidCall
from apimap.frameworks import framework
from apimap.parity.cases import Case
from apimap.parity.records import CaseRecord
from apimap.parity.results import lost, record
from apimap.parity.round_trip import Seen
from apimap.schema import SIDES

READY = "ready"
Beat = Callable[[str], None]
Lost = Literal["crashed", "timeout"]
DUMP: Optional[int] = getattr(signal, "SIGUSR1", None)
"""The signal upon which a worker writes where it is; Windows has none."""


@dataclass(frozen=True)
class Setup:
    """What a process needs before its first case.

    ``rules`` are modules or Python files that register the user's own rules, ``mappings`` the
    user's own mapping files, ``threads`` the threads of each framework where the environment
    does not say.
    """

    device: str = "CPU"
    rules: tuple[str, ...] = ()
    mappings: tuple[str, ...] = ()
    threads: Optional[int] = None


@dataclass(frozen=True)
class Failure:
    """Why a worker cannot begin, as words: errors of the frameworks do not travel."""

    message: str
    hint: str


class Task(Protocol):
    """Something for a worker to do, which travels to it through the pipe."""

    def run(self, beat: Beat) -> Any:
        """Do it. ``beat`` says that all is well; what it is told last, ``lost`` gets."""

    def lost(self, state: Lost, reason: str, seconds: float, last: str) -> Any:
        """The result where the process died, or was ended because it took too long."""


@dataclass(frozen=True)
class CaseTask:
    """Run one case; ``drawn`` is one that no mapping file lists."""

    case: Case
    drawn: bool = False

    def run(self, beat: Beat) -> CaseRecord:
        """On the clock."""
        del beat
        return timed(self.case, drawn=self.drawn, seen=_seen())

    def lost(self, state: Lost, reason: str, seconds: float, last: str) -> CaseRecord:
        """A finding."""
        del last
        return lost(self.case, state, reason, seconds)


@dataclass(frozen=True)
class Said:
    """A task's sign of life."""

    text: str


@dataclass(frozen=True)
class Result:
    """What a task returned."""

    value: Any


def serve(connection: Connection, setup: Setup, log: str) -> None:
    """Do tasks until the parent sends None or goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    _redirect(log)
    try:
        prepare(setup)
    except Exception as error:  # noqa: BLE001  whatever it is, the parent reports it
        message = error.message if isinstance(error, ApimapError) else f"{error!r}"
        connection.send(Failure(message, getattr(error, "hint", "")))
        return
    connection.send(READY)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while (task := connection.recv()) is not None:
            connection.send(Result(task.run(lambda text: connection.send(Said(text)))))
    os._exit(0)  # the frameworks' own ways out take seconds, and may crash


def _redirect(log: str) -> None:
    """Output and errors go to a file, with the place in the code when the process dies."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    faulthandler.enable(file=2)
    if DUMP is not None:
        faulthandler.register(DUMP, file=2)
    with contextlib.suppress(ImportError, ValueError):  # a sweep must not leave gigabytes of cores
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def prepare(setup: Setup) -> None:
    """Load what is the user's own and both frameworks.

    Raises ``BackendUnavailable`` where a framework or the device is missing.
    """
    if setup.threads is not None:
        os.environ.setdefault("OMP_NUM_THREADS", str(setup.threads))
    _seen.cache_clear()
    load_own(setup.rules, setup.mappings)
    for side in SIDES:
        framework(side).use_device(setup.device)
    measuring = importlib.import_module("apimap.parity.measure")
    for side in SIDES:
        measuring.runner(side)
    importlib.import_module("apimap.parity.run_case")  # before the first case is on the clock


def load_own(rules: tuple[str, ...], mappings: tuple[str, ...]) -> list[Any]:
    """Register the user's rules, then add the user's entries; what is there already stays."""
    for name in rules:
        import_named(name)
    return [entry for path in mappings for entry in _mappings(path)]


@cache
def _mappings(path: str) -> tuple[Any, ...]:
    return tuple(load_mappings(path))


@cache
def import_named(name: str) -> Any:
    """A module by its name, looked for in the working directory too, or a Python file.

    Raises ``InvalidCall`` where there is none.
    """
    if name.endswith(".py"):
        return _import_file(Path(name))
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        raise InvalidCall(f"no module {name!r}", hint="a module's name, or FILE.py") from error


def _import_file(path: Path) -> Any:
    if not path.is_file():
        raise InvalidCall(f"no such file: {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # MindSpore's compiler reads sources through their module
    spec.loader.exec_module(module)
    return module


@cache
def _seen() -> Seen:
    """What this process's sweep need not look at again."""
    return Seen()


def timed(case: Case, *, drawn: bool = False, seen: Optional[Seen] = None) -> CaseRecord:
    """Run one case in this process, on the clock; one that was ``drawn`` may be no case."""
    from apimap.parity.legal import no_case
    from apimap.parity.run_case import CaseResult, run_case

    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = run_case(case, seen)
            reason = no_case(result) if drawn else ""
            found = record(CaseResult(case, "rejected", reason) if reason else result)
        except Exception as error:  # noqa: BLE001  the sweep goes on
            found = lost(case, "crashed", f"apimap itself raised {error!r}")
    return found.model_copy(update={"seconds": round(time.perf_counter() - begin, 6)})


def unavailable(failure: Failure) -> BackendUnavailable:
    """The error that a worker could not send."""
    return BackendUnavailable(failure.message, hint=failure.hint)
