"""The command `apimap parity`: its options, and what each of them asks for."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from apimap.errors import InvalidCall

if TYPE_CHECKING:
    from apimap.parity.records import Results
    from apimap.parity.worker import Setup
    from apimap.schema import Entry

Text = Optional[str]
Texts = Optional[list[str]]
File = Optional[Path]
Files = Optional[list[Path]]
Number = Optional[int]
BOTH = ("to_torch", "to_mindspore")
INTERRUPTED = 130
HELP = {
    "select": "API names, patterns such as '*Conv*', families such as conv, or mapping files.",
    "max_examples": "Cases of each entry and direction; else all.",
    "jobs": "Processes that run at a time; 0 runs in this one.",
    "layers": "Compare the models that this function gives, layer by layer.",
    "mutate": "Alter each entry in turn, and count what the cases catch.",
}


def _option(name: str, text: str = "", **more: Any) -> Any:
    return typer.Option(f"--{name}", help=text or HELP[name.replace("-", "_")], **more)


def parity(
    select: Annotated[Texts, typer.Argument(help=HELP["select"])] = None,
    everything: Annotated[bool, _option("all", "Every entry, as where none is selected.")] = False,
    direction: Annotated[str, _option("direction", "to_torch, to_mindspore or both.")] = "both",
    device: Annotated[str, _option("device", "CPU, GPU or Ascend.")] = "CPU",
    dtype: Annotated[Text, _option("dtype", "Cases of this dtype alone.")] = None,
    case: Annotated[Text, _option("case", "The case of this id alone.")] = None,
    max_examples: Annotated[Number, _option("max-examples", min=1)] = None,
    seed: Annotated[int, _option("seed", "What inputs and weights are drawn from.")] = 0,
    jobs: Annotated[int, _option("jobs", min=0)] = 1,
    case_timeout: Annotated[
        float, _option("case-timeout", "Seconds after which a case is ended.", min=0.1)
    ] = 120.0,
    mappings: Annotated[Files, _option("mappings", "Your own mapping files.")] = None,
    rules: Annotated[Texts, _option("rules", "Modules or .py files with your own rules.")] = None,
    as_json: Annotated[bool, _option("json", "Print JSON.")] = False,
    junit: Annotated[File, _option("junit", "Write JUnit XML to this file.")] = None,
    html: Annotated[File, _option("html", "Write a page for a browser to this file.")] = None,
    layers: Annotated[Text, _option("layers", metavar="MODULE:FUNCTION")] = None,
    mutate: Annotated[bool, _option("mutate")] = False,
) -> None:
    """Execute the cases of entries on both frameworks and compare them.

    Exit codes: 0 all agree; 1 a case differs, crashed or took too long; 2 unusable arguments;
    130 interrupted, and what is there is written.
    """
    asked = Asked(**locals())
    _check(asked)
    if layers:
        results = _layers(asked)
    elif mutate:
        raise typer.Exit(_mutate(asked))
    else:
        results = _sweep(asked)
    _write(results, asked)
    if results.interrupted:
        told = f"interrupted: these are the {len(results.cases)} cases that had run"
        print(f"{told}; exit code {INTERRUPTED}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(0 if results.ok else 1)


@dataclass(frozen=True)
class Asked:
    """The options by name."""

    select: Texts
    everything: bool
    direction: str
    device: str
    dtype: Text
    case: Text
    max_examples: Number
    seed: int
    jobs: int
    case_timeout: float
    mappings: Files
    rules: Texts
    as_json: bool
    junit: File
    html: File
    layers: Text
    mutate: bool

    @property
    def words(self) -> list[str]:
        """What is selected: with ``--all`` everything."""
        return [] if self.everything else list(self.select or ())

    @property
    def ways(self) -> list[Any]:
        """The directions."""
        return [way for way in BOTH if self.direction in (way, "both")]

    def tell(self, text: str) -> None:
        """Print a line as soon as it is known, where people read."""
        if not self.as_json:
            print(text, flush=True)


def _check(asked: Asked) -> None:
    """Before anything runs, since a report that cannot be written would be lost."""
    if not asked.ways:
        raise InvalidCall(
            f"no direction {asked.direction!r}", hint="to_torch, to_mindspore or both"
        )
    if asked.everything and asked.select:
        raise InvalidCall("--all and a selection exclude each other")
    for path in filter(None, (asked.junit, asked.html)):
        if not path.absolute().parent.is_dir():
            raise InvalidCall(f"no such folder: {path.absolute().parent}")


def _entries(asked: Asked) -> tuple[list[Entry], Setup]:
    """The selected entries, and what a worker needs to know them too."""
    from apimap.parity.selection import own_files, select
    from apimap.parity.worker import Setup, load_own

    own = [*(str(path) for path in asked.mappings or ()), *own_files(asked.words)]
    threads = 1 if asked.jobs > 1 else None
    setup = Setup(asked.device, tuple(asked.rules or ()), tuple(dict.fromkeys(own)), threads)
    load_own(setup.rules, setup.mappings)
    return select(asked.words), setup


def _sweep(asked: Asked) -> Results:
    from apimap.parity.case_id import find_case
    from apimap.parity.feed import Choice, Feed
    from apimap.parity.run import Way, run

    entries, setup = _entries(asked)
    if asked.case:
        feed = Feed.of_case(find_case(entries, asked.case, seed=asked.seed))
    else:
        choice = Choice(asked.ways, asked.dtype, asked.max_examples, asked.seed)
        feed = Feed.of(entries, choice)
    if not feed.groups:
        raise InvalidCall("no case is selected", hint="see `apimap list`, or leave an option out")
    way = Way(asked.jobs, asked.case_timeout)
    return run(feed, setup, way, seed=asked.seed, tell=asked.tell)


def _layers(asked: Asked) -> Results:
    from apimap.parity.by_layer import layers_of
    from apimap.parity.records import Bound, LayerRecord
    from apimap.parity.results import collect

    begin = time.perf_counter()
    report = layers_of(str(asked.layers), seed=asked.seed)
    # Where the first difference lies belongs to no row, so it goes where people look.
    print(report, file=sys.stderr if asked.as_json else sys.stdout)
    rows = [
        LayerRecord(**{**vars(row), "tolerance": Bound(**vars(row.tolerance))})
        for row in report.rows
    ]
    seconds = time.perf_counter() - begin
    return collect((), seed=asked.seed, seconds=seconds, device=asked.device, layers=rows)


def _mutate(asked: Asked) -> int:
    """Print what faults the cases catch; 1 where some are not."""
    if find_spec("hypothesis") is None:
        raise InvalidCall("--mutate draws calls with hypothesis", hint="pip install hypothesis")
    from apimap.parity.mutate import mutate
    from apimap.parity.progress import progress

    entries, setup = _entries(asked)
    with progress() as advance:
        found = mutate(
            entries,
            setup=setup,
            directions=asked.ways,
            max_examples=asked.max_examples,
            seed=asked.seed,
            progress=lambda done, total, text: advance("", total),
        )
    for each in found["survivors"]:
        asked.tell(f"survived: {each}")
    share = found["caught_share"]
    words = "none" if share is None else f"{share:.1%}"
    asked.tell(f"{found['caught']} of {found['mutants']} faults caught: {words}")
    if asked.as_json:
        print(json.dumps(found, indent=2))
    return 1 if found["survivors"] else 0


def _write(results: Results, asked: Asked) -> None:
    """Print and write what was asked for."""
    from apimap.parity import html, junit
    from apimap.parity.told import summary

    if asked.as_json:
        print(results.model_dump_json(indent=1))
    if results.cases or results.interrupted:
        asked.tell(summary(results))
    for path, write in ((asked.junit, junit.write), (asked.html, html.write_page)):
        if path is not None:
            write(results, path)
            asked.tell(f"wrote {path}")
