"""Named two-way rules on argument values: what a mapping file cannot say as data.

A rule is a class with two static functions. Positional arguments are the source side's values in
the order of the entry's list, keywords are the parameters that the entry ``reads`` (PyTorch's
names, the source side's values); the result is the target side's values in the order of its list
(a bare value where the list has one name). A value that has no exact counterpart raises
``Unsupported`` with a full sentence that names the framework. Docstrings are shown by
``apimap explain``.

>>> @rule("negated")
... class Negated:
...     "The sign is turned."
...
...     @staticmethod
...     def to_mindspore(value):
...         "-value"
...         return -value
...
...     @staticmethod
...     def to_torch(value):
...         "-value"
...         return -value
>>> RULES["negated"].to_mindspore(3)
-3
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

Function = Callable[..., Any]
C = TypeVar("C")


@dataclass(frozen=True)
class Rule:
    """A pair of functions; neither exists without the other."""

    name: str
    doc: str
    to_mindspore: Function
    to_torch: Function


RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[C], C]:
    """Register a class with static ``to_mindspore`` and ``to_torch`` as a rule.

    Raises ``TypeError`` where one direction is missing; a second rule of a name replaces the
    first with a warning.
    """

    def register(cls: C) -> C:
        family: Any = cls
        missing = [way for way in ("to_mindspore", "to_torch") if not hasattr(cls, way)]
        if missing:
            raise TypeError(f"rule {name!r} lacks {' and '.join(missing)}: a rule goes both ways")
        if name in RULES:
            warnings.warn(f"rule {name!r} is replaced by {family.__qualname__}", stacklevel=2)
        RULES[name] = Rule(name, inspect.getdoc(cls) or "", family.to_mindspore, family.to_torch)
        return cls

    return register


@lru_cache(maxsize=1)
def _load_families() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def find_rule(name: str) -> Rule:
    """The rule of this name; ``KeyError`` where there is none."""
    if name not in RULES:
        _load_families()
    return RULES[name]


def rule_names() -> list[str]:
    """All registered rules, sorted."""
    _load_families()
    return sorted(RULES)
