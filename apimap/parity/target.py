"""The pair that a program of the user's builds: ``apimap parity --layers MODULE:FUNCTION``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any, Union

from apimap.errors import InvalidCall
from apimap.parity.cases import Mode
from apimap.parity.depth import LayerReport
from apimap.parity.examine import Examination, Options


def layers_of(
    target: str, *, mode: Mode = "eval", seed: int = 0, folder: Union[str, Path, None] = None
) -> LayerReport:
    """Run the pair that ``MODULE:FUNCTION`` returns layer by layer.

    MODULE is a module or a Python file; FUNCTION takes nothing and returns ``(module, cell,
    inputs)``, or a fourth item: the ``names`` of ``check_parity``.

    Raises ``InvalidCall`` where there is no such function, or it returns something else.
    """
    made = _function(target)()
    if not isinstance(made, (tuple, list)) or len(made) not in (3, 4):
        raise InvalidCall(f"{target} must return (module, cell, inputs) or (..., names)")
    names = made[3] if len(made) == 4 else None
    options = Options(modes=(mode,), seed=seed, names=names)
    return Examination.of(made[0], made[1], made[2], options).layer_by_layer(folder)


def _function(target: str) -> Any:
    place, _, name = target.rpartition(":")
    hint = "write MODULE:FUNCTION, as in models/pair.py:build"
    if not place:
        raise InvalidCall(f"{target!r} names no function", hint=hint)
    try:
        module = _from_file(Path(place)) if place.endswith(".py") else _imported(place)
    except (ImportError, OSError) as error:
        raise InvalidCall(f"{place} cannot be imported: {error}", hint=hint) from error
    found = getattr(module, name, None)
    if not callable(found):
        raise InvalidCall(f"{place} has no function {name!r}", hint=hint)
    return found


def _imported(name: str) -> Any:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    return importlib.import_module(name)


def _from_file(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    sys.path.insert(0, str(path.parent.resolve()))
    spec.loader.exec_module(module)
    return module
