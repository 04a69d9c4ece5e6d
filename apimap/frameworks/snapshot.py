"""Write the signature snapshots: ``python -m apimap.frameworks.snapshot``."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from typing_extensions import get_overloads

from apimap import signatures

PUBLIC = {"torch": ["torch.nn"], "mindspore": ["mindspore.nn", "mindspore.mint.nn"]}
INITIALIZERS = {"torch": "torch.nn.init", "mindspore": "mindspore.common.initializer"}
BASES = {"torch": "torch.nn.Module", "mindspore": "mindspore.nn.Cell"}
VARIADIC = [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]


def layers(side: str) -> Iterator[tuple[str, type]]:
    """Every public layer class of the framework, by its public name."""
    base = _resolve(BASES[side])
    for module_name in PUBLIC[side]:
        module = importlib.import_module(module_name)
        for name in sorted(vars(module)):
            value = getattr(module, name)
            if not name.startswith("_") and inspect.isclass(value) and issubclass(value, base):
                yield f"{module_name}.{name}", value


def initializers(side: str) -> Iterator[tuple[str, Any]]:
    """What fills new tensors: PyTorch's functions that end in ``_``, MindSpore's classes."""
    module = importlib.import_module(INITIALIZERS[side])
    for name in sorted(module.__all__):
        value = getattr(module, name)
        base = vars(module).get("Initializer")
        own = inspect.isclass(value) and value is not base if base else name.endswith("_")
        if own or name == "calculate_gain":
            yield f"{module.__name__}.{name}", value


def _resolve(api: str) -> Any:
    module, _, name = api.rpartition(".")
    return getattr(importlib.import_module(module), name)


def rows(cls: Any, base: Any) -> list[list[str]]:
    """The constructor's parameters: name, kind, and the default's text where there is one."""
    if cls.__init__ is base.__init__:
        return []
    result = []
    for item in parameters(cls):
        row = [item.name, item.kind.name]
        result.append(row if item.default is item.empty else [*row, _text(item.default)])
    return result


def parameters(cls: Any) -> list[inspect.Parameter]:
    """The constructor's parameters; where it says (*args, **kwargs), those that it hands on."""
    own = list(inspect.signature(cls).parameters.values())
    if [item.kind for item in own] != VARIADIC:
        return own
    built = list(inspect.signature(cls.__init__).parameters.values())[1:]
    if [item.kind for item in built] != VARIADIC:
        return built  # of a deprecated class, whose __new__ is wrapped
    for overload in get_overloads(cls.__init__):
        found = list(inspect.signature(overload).parameters.values())[1:]
        if not {item.kind for item in found} & set(VARIADIC):
            return found
    return _handed_on(cls) or own


def _handed_on(cls: Any) -> Optional[list[inspect.Parameter]]:
    """Of ``super().__init__(mode, *args, **kwargs)`` what follows the parent's ``mode``.

    A keyword that is taken out of kwargs before has the default that the docstring states.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls.__init__)))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        leading = [item for item in call.args if not isinstance(item, ast.Starred)]
        if ast.unparse(call.func) == "super().__init__" and 0 < len(leading) < len(call.args):
            parent = list(inspect.signature(cls.__base__).parameters.values())
            return [*parent[len(leading) :], *_taken_out(cls, tree)]
    return None


def _taken_out(cls: Any, tree: ast.AST) -> Iterator[inspect.Parameter]:
    reads = [node for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    texts = {ast.unparse(node) for node in reads}
    for name in sorted(filter(None, (_key(text) for text in texts))):
        stated = re.search(rf"^ *{name} \(.*?Default:\s*``(.*?)``", cls.__doc__, re.M | re.S)
        default = ast.literal_eval(stated[1]) if stated else inspect.Parameter.empty
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)


def _key(text: str) -> str:
    found = re.fullmatch(r"kwargs\['(\w+)'\]", text)
    return found[1] if found else ""


def _text(value: Any) -> str:
    text = repr(value)
    try:
        ast.literal_eval(text)
        return text
    except (ValueError, SyntaxError):
        module = type(value).__module__.split(".")[0]
        name = getattr(value, "__qualname__", str(value).rsplit(".", 1)[-1].lower())
        root = (getattr(value, "__module__", None) or module).split(".")[0]
        return f"{root}.{name}" if root in BASES else f"mindspore.{name}"


def snapshot(side: str) -> dict[str, Any]:
    """The snapshot as plain data."""
    base = _resolve(BASES[side])
    plain = getattr(importlib.import_module(INITIALIZERS[side]), "Initializer", object)
    apis = {name: rows(cls, base) for name, cls in layers(side)}
    apis |= {name: rows(made, plain) for name, made in initializers(side)}
    version = str(importlib.import_module(side).__version__).partition("+")[0]
    return {"version": version, "apis": apis}


def main() -> None:
    """Write both files beside ``apimap.signatures``."""
    for side, file in signatures.FILES.items():
        path = Path(signatures.__file__).with_name(file)
        data = snapshot(side)
        lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(data["apis"].items())]
        body = ",\n".join(lines)
        path.write_text(f'{{"version": {json.dumps(data["version"])}, "apis": {{\n{body}\n}}}}\n')


if __name__ == "__main__":
    main()
