"""The command `apimap parity`: its options, and what each of them asks for."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apimap.errors import InvalidCall
from apimap.parity.asked import Asked, File, Files, Number, Text, Texts, check

if TYPE_CHECKING:
    from apimap.parity.mutant_feed import Outcome
    from apimap.parity.records import Results
    from apimap.parity.worker import Setup
    from apimap.schema import Entry

INTERRUPTED = 130
HELP = {
    "select": "API names, patterns such as '*Conv*', families such as conv, or mapping files.",
    "max_examples": "Cases of each entry and direction; else all.",
    "jobs": "Processes that run at a time; 0 runs in this one.",
    "evidence": "Keep what was measured of each entry in this file, for the coverage page.",
    "layers": "Compare the models that this function gives, layer by layer.",
    "mutate": "Alter each entry in turn, and count what the cases catch.",
    "random": "So many cases of each entry and direction, drawn by hypothesis.",
    "min_caught": "With --mutate: the share of faults below which the exit code is 1.",
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
    evidence: Annotated[File, _option("evidence")] = None,
    layers: Annotated[Text, _option("layers", metavar="MODULE:FUNCTION")] = None,
    mutate: Annotated[bool, _option("mutate")] = False,
    random: Annotated[Number, _option("random", min=1, metavar="N")] = None,
    min_caught: Annotated[float, _option("min-caught", min=0.0, max=1.0)] = 0.97,
) -> None:
    """Execute the cases of entries on both frameworks and compare them.

    Exit codes: 0 all agree; 1 a case differs, crashed or took too long, or too few faults were
    caught; 2 unusable arguments; 130 interrupted, and what is there is written.
    """
    asked = Asked(**locals())
    check(asked)
    if mutate:
        raise typer.Exit(_mutate(asked))
    results = _layers(asked) if layers else _sweep(asked)
    _write(results, asked)
    if results.interrupted:
        raise typer.Exit(_interrupted(f"{len(results.cases)} cases that had run"))
    raise typer.Exit(0 if results.ok else 1)


def _interrupted(what: str) -> int:
    print(f"interrupted: these are the {what}; exit code {INTERRUPTED}", file=sys.stderr)
    return INTERRUPTED


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
        choice = Choice(asked.ways, asked.dtype, asked.max_examples, asked.seed, asked.random)
        feed = Feed.of(entries, choice)
    if not feed.groups:
        raise InvalidCall("no case is selected", hint="see `apimap list`, or leave an option out")
    way = Way(asked.jobs, asked.case_timeout)
    return run(feed, setup, way, seed=asked.seed, tell=asked.tell)


def _layers(asked: Asked) -> Results:
    from apimap.parity.results import collect, layers_found
    from apimap.parity.target import layers_of

    begin = time.perf_counter()
    report = layers_of(str(asked.layers), seed=asked.seed)
    asked.tell(str(report))
    seconds = time.perf_counter() - begin
    found = layers_found(report)
    return collect((), seed=asked.seed, seconds=seconds, device=asked.device, **found)


def _mutate(asked: Asked) -> int:
    """Print what faults the cases catch; 1 where that is too small a share of them."""
    from apimap.parity.mutate import mutate
    from apimap.parity.progress import progress
    from apimap.parity.run import Way
    from apimap.parity.told import mutation, outcome

    entries, setup = _entries(asked)
    with progress("mutants") as advance:

        def note(each: Outcome, total: int) -> None:
            if each.fate == "survived" or each.by in ("crashed", "timeout"):
                asked.tell(outcome(each))
            advance(each.fate, total)

        found = mutate(
            entries,
            setup=setup,
            directions=asked.ways,
            max_examples=asked.max_examples,
            seed=asked.seed,
            progress=note,
            way=Way(asked.jobs, asked.case_timeout),
        )
    asked.tell(mutation(found, asked.min_caught))
    if asked.as_json:
        print(json.dumps(found, indent=2))
    if found["interrupted"]:
        return _interrupted(f"{found['mutants'] + found['equivalents']} faults that had been tried")
    share = found["caught_share"]
    return 0 if share is None or share >= asked.min_caught else 1


def _write(results: Results, asked: Asked) -> None:
    """Print and write what was asked for."""
    from apimap.parity import evidenced, html, junit
    from apimap.parity.told import summary

    if asked.as_json:
        print(results.model_dump_json(indent=1))
    if results.cases or results.interrupted:
        asked.tell(summary(results))
    if asked.evidence and results.interrupted:
        asked.tell("the evidence is left as it was, since the sweep did not end")
    evidence = None if results.interrupted else asked.evidence
    files = ((asked.junit, junit.write), (asked.html, html.write_page), (evidence, evidenced.keep))
    for path, write in files:
        if path is not None:
            write(results, path)
            asked.tell(f"wrote {path}")
