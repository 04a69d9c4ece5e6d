"""Write the signature snapshots: ``python -m apimap.frameworks.snapshot``."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apimap import signatures

PUBLIC = {"torch": ["torch.nn"], "mindspore": ["mindspore.nn", "mindspore.mint.nn"]}
BASES = {"torch": "torch.nn.Module", "mindspore": "mindspore.nn.Cell"}


def layers(side: str) -> Iterator[tuple[str, type]]:
    """Every public layer class of the framework, by its public name."""
    base = _resolve(BASES[side])
    for module_name in PUBLIC[side]:
        module = importlib.import_module(module_name)
        for name in sorted(vars(module)):
            value = getattr(module, name)
            if not name.startswith("_") and inspect.isclass(value) and issubclass(value, base):
                yield f"{module_name}.{name}", value


def _resolve(api: str) -> Any:
    module, _, name = api.rpartition(".")
    return getattr(importlib.import_module(module), name)


def rows(cls: Any, base: Any) -> list[list[str]]:
    """The constructor's parameters: name, kind, and the default's text where there is one."""
    if cls.__init__ is base.__init__:
        return []
    result = []
    for item in inspect.signature(cls).parameters.values():
        row = [item.name, item.kind.name]
        result.append(row if item.default is item.empty else [*row, _text(item.default)])
    return result


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
    apis = {name: rows(cls, base) for name, cls in layers(side)}
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
