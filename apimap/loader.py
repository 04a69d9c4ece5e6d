"""Strict YAML to schema: every problem of every file at once, each with its file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Optional

import yaml
from pydantic import TypeAdapter, ValidationError

from apimap.errors import MappingFileError, Problem
from apimap.mapping_files import SHARED
from apimap.nearest import nearest_hint
from apimap.schema import Entry, LoadedEntry, Model, Param

Location = tuple[Any, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML_1_1_BOOLEANS = {"yes", "no", "on", "off", "y", "n"}


@dataclass
class _Document:
    """A file as plain data, the line of every key and item, and what is wrong with it."""

    file: str
    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, location: Location) -> int:
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def report(self, location: Location, message: str, mend: str = "") -> None:
        self.problems.append(Problem(self.file, self.line(location), message, mend))


def load_files(files: Sequence[Path], shared: Optional[Path] = None) -> list[LoadedEntry]:
    """Read and validate mapping files.

    Raises ``MappingFileError`` with all problems of all files.
    """
    problems: list[Problem] = []
    groups = _load_shared(shared, problems) if shared and shared.exists() else {}
    loaded = [item for path in files for item in _load_file(path, groups, problems)]
    if problems:
        raise MappingFileError(problems)
    return loaded


def _load_shared(path: Path, problems: list[Problem]) -> dict[str, tuple[Any, ...]]:
    document = _read(path)
    groups = _validate(document, dict[str, tuple[Param, ...]], (), document.data)
    problems += document.problems
    return groups or {}


def _load_file(
    path: Path, groups: dict[str, tuple[Any, ...]], problems: list[Problem]
) -> list[LoadedEntry]:
    document = _read(path)
    if not isinstance(document.data, tuple):
        if not document.problems:
            mend = "begin each with '- torch: '"
            document.report((), "a mapping file is a list of entries", mend)
        problems += document.problems
        return []
    entries = []
    for index, data in enumerate(document.data):
        entry = _validate(document, Entry, (index,), data)
        if entry is not None:
            expanded = _expand(entry, groups, document, index)
            entries.append(LoadedEntry(expanded, str(path), document.line((index,))))
    problems += document.problems
    return entries


def _expand(
    entry: Entry, groups: dict[str, tuple[Any, ...]], document: _Document, index: int
) -> Entry:
    params = list(entry.params)
    for position, name in enumerate(entry.use):
        if name not in groups:
            mend = nearest_hint(name, groups) or f"define it in {SHARED}"
            document.report((index, "use", position), f"no shared group {name!r}", mend)
        params += groups.get(name, ())
    return entry.model_copy(update={"params": tuple(params)})


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _validate(document: _Document, kind: Any, base: Location, data: Any) -> Any:
    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as error:
        for item in error.errors():
            location = tuple(key for key in item["loc"] if not _is_tag(key, item["loc"]))
            document.report(base + location, _message(item, location), _mend(item))
        return None


def _is_tag(key: Any, location: Iterable[Any]) -> bool:
    """Pydantic puts the union's tag into the path, after the index of the relation."""
    path = list(location)
    place = next((i for i, item in enumerate(path) if isinstance(item, int)), None)
    return key in ("same", "torch", "torch_only", "mindspore_only") and (
        place is not None and path.index(key) == place + 1
    )


def _message(item: Any, location: Location) -> str:
    name = ".".join(str(key) for key in location)
    if item["type"] == "extra_forbidden":
        return f"unknown key {location[-1]!r}"
    if item["type"] == "missing":
        return f"{name}: is missing"
    return f"{name}: {item['msg'].removeprefix('Value error, ')} (got {item['input']!r:.60})"


def _models(base: type[Model]) -> Iterator[type[Model]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _keys() -> set[str]:
    return {
        item.alias or name for model in _models(Model) for name, item in model.model_fields.items()
    }


def _mend(item: Any) -> str:
    if item["type"] == "extra_forbidden":
        return nearest_hint(str(item["loc"][-1]), _keys()) or "remove it"
    return ""


def _read(path: Path) -> _Document:
    document = _Document(str(path))
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
        document.data = None if node is None else _build(node, (), document)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        text = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark else 1
        document.problems.append(Problem(str(path), line, f"not YAML: {text}", "mend the syntax"))
    except (OSError, UnicodeDecodeError) as error:
        document.problems.append(Problem(str(path), 1, f"cannot be read: {error}"))
    return document


def _build(node: yaml.Node, location: Location, document: _Document) -> Any:
    document.lines.setdefault(location, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, location, document)
    if isinstance(node, yaml.SequenceNode):
        return tuple(_build(item, (*location, i), document) for i, item in enumerate(node.value))
    return _scalar(node, location, document)


def _build_mapping(node: yaml.MappingNode, location: Location, document: _Document) -> Any:
    result: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(key_node, location, document)
        place = (*location, key)
        document.lines[place] = key_node.start_mark.line + 1
        if key in result:
            document.report(place, f"duplicate key {key!r}", "keep one of them")
        result[key] = _build(value_node, place, document)
    return result


_CONSTRUCTOR = _Loader("")


def _scalar(node: yaml.Node, location: Location, document: _Document) -> Any:
    document.lines.setdefault(location, node.start_mark.line + 1)
    text = node.value
    message = ""
    if not isinstance(text, str):
        message, mend = "a key must be a plain word", "write it as text"
    elif node.tag == "tag:yaml.org,2002:bool" and text.lower() in _YAML_1_1_BOOLEANS:
        message, mend = f"{text!r} is a boolean in YAML 1.1", f"write true or false, or '{text}'"
    if message:
        document.problems.append(Problem(document.file, node.start_mark.line + 1, message, mend))
        return str(text)
    return _CONSTRUCTOR.construct_object(node, deep=True)
