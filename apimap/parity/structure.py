"""Which output of one side is which of the other, by their place in nested results."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional, Union

import numpy as np

from apimap.frameworks.nest import Branch, Place, Plain, Tree
from apimap.frameworks.record import Run, Value
from apimap.parity.compare import Comparison
from apimap.schema import SIDES, TITLES, Side

NOTHING = Plain(None)


@dataclass(frozen=True)
class Thing:
    """One array on both sides, in PyTorch's layout, and where the reference run has it."""

    name: str
    values: dict[Side, Value]
    place: tuple[str, Any] = ("", None)


@dataclass(frozen=True)
class Object:
    """One output that is no tensor, on both sides."""

    name: str
    values: dict[Side, Any]

    def compare(self, expected: Side) -> Comparison:
        """Equal in kind and value, or in words why not."""
        theirs = self.values[expected]
        ours = next(value for side, value in self.values.items() if side != expected)
        mismatch = _mismatch(_neutral(ours), _neutral(theirs))
        return Comparison("differs" if mismatch else "equal", mismatch=mismatch)

    @property
    def kind(self) -> str:
        """The name of its type."""
        return type(self.values["torch"]).__name__


Found = Union[Thing, Object]


def pair_outputs(
    ours: Run, theirs: Run, problems: list[str], name: str = "out", kind: str = "outputs"
) -> Iterator[Found]:
    """Every output that both sides have; what only one has is added to ``problems``."""
    runs: dict[Side, Run] = {"torch": ours, "mindspore": theirs}
    trees: dict[Side, Tree] = {side: runs[side].tree for side in SIDES}
    yield from _walk(name, trees, runs, kind, problems)


def _walk(
    path: str, trees: dict[Side, Tree], runs: dict[Side, Run], kind: str, problems: list[str]
) -> Iterator[Found]:
    a, b = trees["torch"], trees["mindspore"]
    if isinstance(a, Place) and isinstance(b, Place):
        places = {"torch": a.index, "mindspore": b.index}
        values: dict[Side, Value] = {side: runs[side].outputs[places[side]] for side in SIDES}
        yield Thing(path, values, (kind, a.index))
    elif isinstance(a, Plain) and isinstance(b, Plain):
        yield Object(path, {"torch": a.value, "mindspore": b.value})
    elif isinstance(a, Branch) and isinstance(b, Branch) and a.kind == b.kind:
        for key in dict.fromkeys([*a.items, *b.items]):
            holder = a if key in a.items else b
            inner: dict[Side, Tree] = {
                "torch": a.items.get(key, NOTHING),
                "mindspore": b.items.get(key, NOTHING),
            }
            yield from _walk(path + holder.steps[key], inner, runs, kind, problems)
    else:
        problems.append(_unlike(path, trees))


def _unlike(path: str, trees: dict[Side, Tree]) -> str:
    """A finding in words; an output that is None, or not there, is on one side only."""
    for side in SIDES:
        if trees[side] == NOTHING:
            there: Side = "mindspore" if side == "torch" else "torch"
            return f"{path} is in {TITLES[there]} only ({_described(trees[there])})"
    words = [f"{_described(trees[side])} in {TITLES[side]}" for side in SIDES]
    return f"{path} is {words[0]} and {words[1]}"


def _described(tree: Tree) -> str:
    if isinstance(tree, Place):
        return "a tensor"
    if isinstance(tree, Plain):
        return f"{type(tree.value).__name__} {tree.value!r:.40}"
    keys = "" if tree.kind == "sequence" else f": {', '.join(map(str, tree.items))}"
    return f"a {tree.title} of {len(tree.items)}{keys}"


def _neutral(value: Any) -> Any:
    """A framework's own word, such as a dtype, without the framework: ``float32``."""
    if type(value).__module__.partition(".")[0] in SIDES:
        return str(value).rpartition(".")[2].lower()
    return value


def _mismatch(actual: Any, expected: Any) -> str:
    for value in (actual, expected):
        if isinstance(value, np.ndarray):
            return f"a NumPy array of dtype {value.dtype} is not compared: return numbers"
    kinds = type(actual).__name__, type(expected).__name__
    if kinds[0] != kinds[1]:
        return f"{kinds[0]} {actual!r:.60} instead of {kinds[1]} {expected!r:.60}"
    same = _equal(actual, expected)
    if same is None:
        return f"two {kinds[0]} objects that cannot be compared with =="
    return "" if same else f"{actual!r:.60} instead of {expected!r:.60}"


def _equal(actual: Any, expected: Any) -> Optional[bool]:
    if isinstance(actual, float) and math.isnan(actual):
        return math.isnan(expected)
    try:
        return bool(actual == expected)
    except (TypeError, ValueError, RuntimeError):
        return None
