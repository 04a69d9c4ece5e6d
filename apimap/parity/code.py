"""A live layer or function as Python code that makes it again, without its weights."""

from __future__ import annotations

import ast
import importlib
import inspect
import math
import sys
import textwrap
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from apimap.catalog import default_catalog
from apimap.composed import is_composed
from apimap.errors import ApimapError
from apimap.frameworks import framework
from apimap.reading import read
from apimap.schema import Entry, Side

PUBLIC = ("torch", "torch.nn.functional", "mindspore.ops", "mindspore.mint", "numpy")
LITERALS = (type(None), bool, int, float, str, bytes, complex)


class NotWritten(Exception):
    """No code is known for a value; the text says for which."""


@dataclass
class Code:
    """An expression, and what it needs: imports, folders of modules, definitions."""

    text: str = ""
    imports: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    definitions: dict[str, str] = field(default_factory=dict)


def code_of(side: Side, thing: Any) -> Code:
    """Raises ``NotWritten`` where the arguments of a constructor, or a source, are not known."""
    code = Code()
    code.text = _expression(side, thing, code)
    return code


def _expression(side: Side, value: Any, code: Code) -> str:
    if framework(side).is_layer(value):
        return _layer(side, value, code)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, LITERALS):
        return repr(value)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_expression(side, item, code) for item in value)
        comma = "," if len(value) == 1 else ""
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{comma})"
    if isinstance(value, Mapping):
        items = (f"{k!r}: {_expression(side, item, code)}" for k, item in value.items())
        return f"{{{', '.join(items)}}}"
    if type(value).__module__.partition(".")[0] in ("torch", "mindspore") and not callable(value):
        return _word(value)
    if callable(value):
        return _function(value, code)
    raise NotWritten(f"a value of {type(value).__name__}")


def _word(value: Any) -> str:
    """A dtype or the like: ``torch.float32``, ``mindspore.float32``."""
    root = type(value).__module__.partition(".")[0]
    name = str(value).rpartition(".")[2].lower()
    if getattr(sys.modules[root], name, None) is not value:
        raise NotWritten(f"the value {value!r}")
    return f"{root}.{name}"


def _layer(side: Side, layer: Any, code: Code) -> str:
    speaker = framework(side)
    entry = default_catalog().get(speaker.api_of(type(layer)))
    if entry is not None and entry.is_container:
        return _container(side, layer, entry, code)
    if is_composed(layer):
        return f"{_importable(type(layer), code)}({_named(side, layer.apimap_arguments, code)})"
    if entry is not None and speaker.api_of(type(layer)) == entry.api(side):
        try:
            values = read(layer, entry, side)
        except ApimapError as error:
            raise NotWritten(f"the arguments of {entry.api(side)}") from error
        return f"{_mapped(entry.api(side), layer, code)}({_named(side, values, code)})"
    return f"{_importable(type(layer), code)}({_named(side, _attributes(layer), code)})"


def _mapped(api: str, layer: Any, code: Code) -> str:
    code.imports.add(f"import {api.rpartition('.')[0]}")
    rank = getattr(layer, "batched_rank", None)
    if rank is None:
        return api
    code.imports.add("from apimap.composed.mindspore.unbatched import takes_unbatched")
    return f"takes_unbatched({api}, {rank})"


def _named(side: Side, values: Mapping[str, Any], code: Code) -> str:
    return ", ".join(f"{name}={_expression(side, item, code)}" for name, item in values.items())


def _container(side: Side, layer: Any, entry: Entry, code: Code) -> str:
    named = {n: _layer(side, c, code) for n, c in framework(side).children(layer).items()}
    api = _importable(type(layer), code)
    if entry.kind == "list":
        return f"{api}([{', '.join(named.values())}])"
    if entry.kind == "sequential" and list(named) == [str(i) for i in range(len(named))]:
        return f"{api}({', '.join(named.values())})"
    code.imports.add("from collections import OrderedDict")
    items = ", ".join(f"({name!r}, {text})" for name, text in named.items())
    return f"{api}(OrderedDict([{items}]))"


def _attributes(layer: Any) -> dict[str, Any]:
    """Arguments of a hand-written class, as far as attributes of the same names hold them."""
    found = {}
    parameters = inspect.signature(type(layer).__init__).parameters.values()
    for each in list(parameters)[1:]:
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            continue
        if hasattr(layer, each.name):
            found[each.name] = getattr(layer, each.name)
        elif each.default is each.empty:
            raise NotWritten(f"the argument {each.name!r} of {type(layer).__qualname__}")
    return found


def _importable(cls: Any, code: Code) -> str:
    """The name of a class or function; its file's folder is noted, or its source copied."""
    module, name = cls.__module__, cls.__qualname__
    if module == "__main__":
        return _copied(cls, code)
    found: Any = sys.modules.get(module)
    for step in name.split("."):
        found = getattr(found, step, None)
    if found is not cls:
        raise NotWritten(f"{name}, which {module} has no name for")
    code.imports.add(f"import {module}")
    _note_folder(module, code)
    return f"{module}.{name}"


def _note_folder(module: str, code: Code) -> None:
    """Where a module lies that is not installed."""
    file = getattr(sys.modules.get(module.partition(".")[0]), "__file__", None)
    own = getattr(sys.modules[module], "__file__", None) or file
    if own and "site-packages" not in own and not module.startswith("apimap."):
        depth = module.count(".") + (Path(own).name == "__init__.py")
        code.folders.add(str(Path(own).resolve().parents[depth]))


def _function(function: Any, code: Code) -> str:
    name = getattr(function, "__name__", "")
    for module in PUBLIC:
        if getattr(sys.modules.get(module), name or "-", None) is function:
            code.imports.add(f"import {module}")
            return f"{module}.{name}"
    try:
        return _importable(function, code)
    except (NotWritten, AttributeError):
        return _copied(function, code)


def _copied(thing: Any, code: Code) -> str:
    """The source itself, with the names that it takes from its module."""
    if getattr(thing, "__closure__", None):
        raise NotWritten(f"{thing.__qualname__}, which reads variables of the function around it")
    source, tree = _parsed(thing)
    name, text = _definition(thing, tree, source)
    if name not in code.definitions:
        code.definitions[name] = ""  # a class may name itself
        _globals(thing, ast.parse(text), code)
        del code.definitions[name]
        code.definitions[name] = text
    return name


def _parsed(thing: Any) -> tuple[str, ast.Module]:
    """The source; the lines of a lambda may be a part of a call."""
    name = getattr(thing, "__qualname__", repr(thing))
    try:
        source = textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError) as error:
        raise NotWritten(f"the source of {name}") from error
    for text in (source, f"call({source})"):
        try:
            return text, ast.parse(text)
        except SyntaxError:
            continue
    raise NotWritten(f"the source of {name}")


def _definition(thing: Any, tree: ast.Module, source: str) -> tuple[str, str]:
    name = thing.__name__
    if name != "<lambda>":
        return name, source.strip()
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    if len(found) != 1:
        raise NotWritten("one of several lambdas on a line")
    name = f"function_{found[0].lineno}_{thing.__code__.co_firstlineno}"
    return name, f"{name} = {ast.get_source_segment(source, found[0])}"


def _globals(thing: Any, tree: ast.Module, code: Code) -> None:
    """What the source reads from its module: modules are imported, the rest is copied."""
    known = vars(sys.modules.get(thing.__module__, ModuleType("none")))
    known = getattr(thing, "__globals__", known)
    for name in sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}):
        value = known.get(name)
        if name not in known or value is thing:
            continue
        if isinstance(value, ModuleType):
            code.imports.add(f"import {value.__name__} as {name}")
        elif isinstance(value, LITERALS):
            code.definitions[name] = f"{name} = {value!r}"
        elif value is getattr(typing, name, None):
            code.imports.add(f"from typing import {name}")
        elif not hasattr(value, "__qualname__"):
            raise NotWritten(f"the variable {name} of {thing.__module__}")
        else:
            where = _importable(value, code)
            if where != name:
                code.definitions[name] = f"{name} = {where}"


def runs(code: Code) -> Any:
    """What the code makes, here; for a look at whether it is right."""
    space: dict[str, Any] = {}
    for line in sorted(code.imports):
        exec(line, space)  # the lines that the script holds
    for text in code.definitions.values():
        exec(text, space)
    for module in ("torch", "mindspore"):
        space[module] = importlib.import_module(module)
    return eval(code.text, space)
