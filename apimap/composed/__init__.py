"""Rung 2: small layers built from one framework's public operators, with the other one's signature.

A composed layer takes its source layer's parameters under their names, owns tensors with the
source layer's names and shapes, and remembers the arguments it was built with, so that it
converts back without loss.
"""

from __future__ import annotations

import functools
import inspect
import re
from pathlib import Path
from typing import Any, TypeVar

C = TypeVar("C")


def keeps_arguments(cls: C) -> C:
    """Class decorator: instances hold ``apimap_arguments``, and show them in their repr."""
    layer_class: Any = cls
    original = layer_class.__init__
    signature = inspect.signature(original)

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        self.apimap_arguments = dict(list(bound.arguments.items())[1:])

    def describe(self: Any) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.apimap_arguments.items())

    layer_class.__init__ = __init__
    layer_class.extra_repr = describe
    layer_class.extend_repr = describe
    return cls


def is_composed(layer: Any) -> bool:
    """Whether a live layer is a composed one."""
    return hasattr(layer, "apimap_arguments")


@functools.cache
def compositions(side: str) -> dict[str, str]:
    """The module of each composed layer of one side, by class name; imports nothing."""
    found = {}
    for path in sorted(Path(__file__).with_name(side).glob("[a-z]*.py")):
        for name in re.findall(r"^class ([A-Z]\w*)", path.read_text(), re.MULTILINE):
            found[name] = f"{__name__}.{side}.{path.stem}"
    return found
