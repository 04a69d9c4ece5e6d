"""A cell that takes the tensors of a nest one by one, since MindSpore differentiates no nests.

``ms.jit`` reads a function's source from its file, so each kind of nest gets a file of its own.
"""

from __future__ import annotations

import atexit
import importlib.util
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from apimap.frameworks.nest import Branch, Place, Tree

TEXT = '''from mindspore import nn


class Flat(nn.Cell):
    """Calls the layer with its tensors where they belong."""

    def __init__(self, layer):
        super().__init__(auto_prefix=False)
        self.layer = layer

    def construct(self, {names}):
        return self.layer({arguments})
'''


def flat(layer: Any, tree: Tree, count: int) -> Any:
    """The layer as a cell of ``count`` tensors, which the tree says how to nest.

    Raises ``TypeError`` for what has no text, such as an object of a class of its own.
    """
    if not isinstance(tree, Branch):
        arguments = written(tree)
    elif tree.kind == "mapping":
        arguments = ", ".join(f"{key}={written(item)}" for key, item in tree.items.items())
    else:
        arguments = ", ".join(written(item) for item in tree.items.values())
    return _class(arguments, count)(layer)


def written(tree: Tree) -> str:
    """A nest as Python writes it, with ``x0``, ``x1``, ... for its tensors."""
    if isinstance(tree, Place):
        return f"x{tree.index}"
    if not isinstance(tree, Branch):
        value = tree.value
        if not isinstance(value, (int, float, str, type(None))):
            raise TypeError(f"ms.jit takes no {type(value).__name__} as an input")
        return repr(value)
    if tree.kind == "mapping":
        items = (f"{key!r}: {written(item)}" for key, item in tree.items.items())
        return f"{{{', '.join(items)}}}"
    return f"({''.join(f'{written(item)}, ' for item in tree.items.values())})"


@cache
def _class(arguments: str, count: int) -> Any:
    folder = _folder()
    path = folder / f"apimap_flat_{len(list(folder.iterdir()))}.py"
    names = ", ".join(f"x{index}" for index in range(count))
    path.write_text(TEXT.format(names=names, arguments=arguments))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # ms.jit looks the class up by its module's name
    spec.loader.exec_module(module)
    return module.Flat


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="apimap-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
