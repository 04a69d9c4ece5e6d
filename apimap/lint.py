"""Check mapping entries against signatures, rules, layouts and compositions, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Optional

from apimap import signatures
from apimap.composed import compositions
from apimap.errors import MappingFileError, Problem, UnknownApi
from apimap.evidence import unmeasured
from apimap.layouts import reverses
from apimap.lint_initial import initial_values
from apimap.loader import load_files
from apimap.mapping_files import SHARED, mapping_files, mapping_folder
from apimap.nearest import nearest_hint
from apimap.rules import rule_names
from apimap.rules.reading import reader_names
from apimap.schema import SIDES, Entry, LoadedEntry, OneSided, Pair, Same, Side, other

Finding = tuple[str, str]


def lint(files: Sequence[Path] = ()) -> list[Problem]:
    """Every problem of the given mapping files, or of apimap's own."""
    folder = mapping_folder()
    shared = folder / SHARED
    if files and (files[0].parent / SHARED).exists():
        shared = files[0].parent / SHARED
    try:
        check_entries(load_files(list(files) or mapping_files(folder), shared))
    except MappingFileError as error:
        return list(error.problems)
    return []


def check_entries(loaded: Sequence[LoadedEntry]) -> None:
    """Raise ``MappingFileError`` with everything that is wrong in well-formed entries."""
    problems = []
    for item in loaded:
        for check in CHECKS:
            for message, mend in check(item.entry):
                text = f"{item.entry.name}: {message}"
                problems.append(Problem(item.file, item.line, text, mend))
    problems += _duplicates(loaded)
    if problems:
        raise MappingFileError(problems)


def _duplicates(loaded: Sequence[LoadedEntry]) -> Iterator[Problem]:
    seen: dict[str, LoadedEntry] = {}
    for item in loaded:
        first = seen.setdefault(item.entry.name, item)
        if first is not item:
            where = f"{first.file}:{first.line}"
            message = f"{item.entry.name} has an entry already, at {where}"
            yield Problem(item.file, item.line, message, "keep one of them")


def _apis(entry: Entry) -> Iterator[Finding]:
    if not (entry.torch or entry.mindspore):
        yield "names no API", "say torch: and mindspore:, or the one that there is"
    for side in _present(entry):
        try:
            signatures.signature(entry.api(side))
        except UnknownApi as error:
            yield error.message, error.hint


def _present(entry: Entry) -> list[Side]:
    return [side for side in SIDES if entry.api(side)]


def _absent(entry: Entry) -> Iterator[Finding]:
    """Where one side has no such API, the way there needs its reason."""
    for side in entry.sides:
        target = other(side)
        if not entry.api(target) and not getattr(entry.unsupported, f"to_{target}"):
            mend = f"name it, or say unsupported: {{to_{target}: why}}"
            yield f"names no API of {target} and gives no reason", mend
    if entry.only_from and not (entry.torch and entry.mindspore):
        yield "only_from needs both APIs", "remove only_from"


def _covers(entry: Entry, side: Side) -> list[str]:
    names: list[str] = []
    for param in entry.params:
        if isinstance(param, Same):
            names += param.same
        else:
            names += param.names(side)
    return names


def _parameters(side: Side, entry: Entry) -> Optional[list[str]]:
    try:
        return list(signatures.signature(entry.api(side)).parameters) if entry.api(side) else None
    except UnknownApi:
        return None


def _coverage(entry: Entry) -> Iterator[Finding]:
    for side in () if entry.is_container else _present(entry):
        real = _parameters(side, entry)
        said = _covers(entry, side)
        for name in sorted(set(said)):
            if said.count(name) > 1:
                yield f"{side} parameter {name!r} is mapped {said.count(name)} times", "map it once"
            if real is not None and name not in real:
                yield f"{side} has no parameter {name!r}", nearest_hint(name, real)
        for name in real or ():
            if name not in said and entry.torch and entry.mindspore:
                mend = f"map it, or say {side}_only with neutral and because"
                yield f"{side} parameter {name!r} is not accounted for", mend


def _relations(entry: Entry) -> Iterator[Finding]:
    for param in entry.params:
        if not isinstance(param, (Same, Pair)):
            yield from _one_sided(param)
            continue
        if param.rule and param.rule not in rule_names():
            yield f"no rule {param.rule!r}", nearest_hint(param.rule, rule_names())
        if isinstance(param, Pair):
            yield from _pair(param)


def _one_sided(param: OneSided) -> Iterator[Finding]:
    said = param.model_fields_set
    kinds = [kind for kind in ("neutral", "ignored", "construction") if kind in said]
    if len(kinds) != 1:
        name = param.own[0]
        yield f"{name!r} needs exactly one of neutral, ignored, construction", ""


def _pair(param: Pair) -> Iterator[Finding]:
    names = f"{', '.join(param.torch)} / {', '.join(param.mindspore)}"
    single = len(param.torch) == len(param.mindspore) == 1
    if param.rule is None and not single:
        yield f"{names}: several parameters need a rule", "name one"
    if param.rule and param.values is not None:
        yield f"{names}: has both values and a rule", "keep one of them"
    if param.values is not None and len(set(map(repr, param.values.values()))) != len(param.values):
        yield f"{names}: values is no bijection", "give each value one counterpart"
    if param.reads and param.rule is None:
        yield f"{names}: reads without a rule", "remove reads"


def _reads(entry: Entry) -> Iterator[Finding]:
    for param in entry.params:
        for name in param.reads if isinstance(param, Pair) else ():
            if name not in _covers(entry, "torch"):
                mend = nearest_hint(name, _covers(entry, "torch"))
                yield f"reads {name!r}, which is no parameter of {entry.torch}", mend


def _tensors(entry: Entry) -> Iterator[Finding]:
    for tensor in entry.tensors:
        if not (tensor.name("torch") or tensor.name("mindspore")):
            yield (
                "a tensor needs a name: same, torch and mindspore, torch_only or mindspore_only",
                "",
            )
        if tensor.layout and not reverses(tensor.layout):
            yield f"layout {tensor.layout!r} does not reverse", "name every axis on both sides"
        if tensor.if_ and tensor.if_ not in _covers(entry, "torch"):
            mend = nearest_hint(tensor.if_, _covers(entry, "torch"))
            yield f"if: {tensor.if_!r} is no parameter of {entry.torch}", mend


def _readings(entry: Entry) -> Iterator[Finding]:
    for side in SIDES:
        known = _parameters(side, entry) or []
        for name, reading in getattr(entry.read, side).items():
            if name not in known:
                yield f"read.{side}: no parameter {name!r}", nearest_hint(name, known)
            if reading.as_ and reading.as_ not in reader_names():
                yield f"no reader {reading.as_!r}", nearest_hint(reading.as_, reader_names())


def _composed(entry: Entry) -> Iterator[Finding]:
    for side in SIDES:
        name = getattr(entry.composed, side)
        if name and name not in compositions(side):
            yield f"no composed layer {name!r} for {side}", nearest_hint(name, compositions(side))


def _cases(entry: Entry) -> Iterator[Finding]:
    without = entry.is_container or entry.kind in ("parameters", "initializer")
    if without or unmeasured(entry):
        return
    if entry.parity is None or not (entry.parity.torch or entry.parity.mindspore):
        if any(_leads_somewhere(entry, side) for side in entry.sides):
            yield "has no parity cases", "say parity: torch: {args, inputs}"
        return
    for side in SIDES:
        source = getattr(entry.parity, side)
        if source and side not in entry.sides:
            yield f"parity.{side}: no case starts there", "remove it"
        for name in (*source.args, *source.vary) if source else ():
            known = _parameters(side, entry) or []
            if name not in known:
                yield f"parity.{side}: no parameter {name!r}", nearest_hint(name, known)


def _leads_somewhere(entry: Entry, side: Side) -> bool:
    refused = getattr(entry.unsupported, f"to_{other(side)}")
    return not refused or entry.composition(other(side)) is not None


CHECKS: tuple[Callable[[Entry], Iterator[Finding]], ...] = (
    _apis,
    _absent,
    _coverage,
    _relations,
    _reads,
    _tensors,
    initial_values,
    _readings,
    _composed,
    _cases,
)
