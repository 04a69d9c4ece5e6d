"""What a mutant does to values, rules, layouts and tensors."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from apimap import copying, layouts, weights
from apimap.errors import Unsupported
from apimap.rules import Function, Rule, find_rule
from apimap.schema import SIDES, Entry, Pair, Param, Same, Side, TensorMap
from apimap.tensors import FLOATING, Array

Change = Callable[[list[Any]], list[Any]]
RULE = "a mutant's rule"
POISON = "poison"
"""A fill that is NaN, or a strange integer."""


@contextmanager
def poison() -> Iterator[None]:
    """Tensors may be filled with poison meanwhile."""

    def poisoned(shape: tuple[int, ...], dtype: str, fill: str) -> Array:
        if fill != POISON:
            return weights.filled(shape, dtype, fill)
        return np.full(shape, np.nan if dtype in FLOATING else 77, dtype)

    with patch.object(copying, "filled", poisoned):
        yield


def altered(value: Any, literals: Sequence[Any] = ()) -> Any:
    """A near value of the same kind; of words and None another one that is in use.

    >>> altered(True), altered(3), altered(0.5), altered((1, 2)), altered("same", ["same", "pad"])
    (False, 4, 0.25, (2, 2), 'pad')
    """
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2 if value else 0.25
    if isinstance(value, tuple) and value:
        return (altered(value[0]), *value[1:])
    used = [literal for literal in literals if literal is not None and literal != value]
    if value is None or not used:
        return used[0] if used else value
    return used[list(literals).index(value) % len(used)] if value in literals else used[0]


def altering(at: int, literals: Sequence[Any]) -> Change:
    """One result altered."""
    return lambda items: [altered(v, literals) if i == at else v for i, v in enumerate(items)]


def setting(at: int, value: Any) -> Change:
    """One result a constant."""
    return lambda items: [value if i == at else v for i, v in enumerate(items)]


def swapping(a: int, b: int) -> Change:
    """Two results in each other's place."""

    def change(items: list[Any]) -> list[Any]:
        items[a], items[b] = items[b], items[a]
        return items

    return change


def wrapped(param: Pair, to: Side, change: Change, *, lenient: bool = False) -> Rule:
    """The relation's rule with changed results in one direction; ``lenient`` never refuses."""
    real = find_rule(param.rule) if param.rule else Rule("", "", _plainly, _plainly)
    own: Function = real.to_mindspore if to == "mindspore" else real.to_torch
    single = len(param.names(to)) == 1

    def wrong(*given: Any, **reads: Any) -> Any:
        try:
            result = own(*given, **reads)
        except Unsupported:
            if not lenient:
                raise
            result = _plainly(*given)
        items = change([result] if single else list(result))
        return items[0] if single else tuple(items)

    ways = {side: wrong if side == to else getattr(real, f"to_{side}") for side in SIDES}
    return Rule(RULE, real.doc, ways["mindspore"], ways["torch"])


def _plainly(*given: Any) -> Any:
    return given[0] if len(given) == 1 else given


def permuted(tensor: TensorMap, rank: int) -> Iterator[str]:
    """The tensor's layout with each two of its axes swapped on MindSpore's side.

    >>> list(permuted(TensorMap.model_validate({"same": "w", "layout": "o k -> o 1 k"}), 2))
    ['o k -> k 1 o']
    """
    plain = " ".join("abcdefgh"[:rank])
    left, right = layouts.sides(tensor.layout or f"{plain} -> {plain}")
    axes = right.split()
    movable = [i for i, axis in enumerate(axes) if axis != "1"]
    for i, j in itertools.combinations(movable, 2):
        moved = list(axes)
        moved[i], moved[j] = moved[j], moved[i]
        yield f"{left} -> {' '.join(moved)}"


def named(tensor: TensorMap, torch: str, mindspore: str) -> TensorMap:
    """The same with other names."""
    return tensor.model_copy(update={"same": None, "torch": torch, "mindspore": mindspore})


def alone(tensor: TensorMap) -> list[TensorMap]:
    """Both halves of a pair as tensors that the other side lacks."""
    blank = {"same": None, "torch": None, "mindspore": None, "fill": tensor.fill or "zeros"}
    return [
        tensor.model_copy(update={**blank, f"{side}_only": tensor.name(side)}) for side in SIDES
    ]


def plain_pairs(entry: Entry) -> list[Pair]:
    """Parameters that correspond one to one, without values or coupled rules."""
    found = []
    for param in entry.params:
        if isinstance(param, Same):
            found += [Pair(torch=(n,), mindspore=(n,), rule=param.rule) for n in param.same]
        elif (
            isinstance(param, Pair)
            and (len(param.torch), len(param.mindspore)) == (1, 1)
            and not (param.values or param.reads or param.construction)
        ):
            found.append(param)
    return found


def without(entry: Entry, names: set[str]) -> list[Param]:
    """The relations that are left when these PyTorch parameters are taken out."""
    left: list[Param] = []
    for param in entry.params:
        if isinstance(param, Same):
            rest = tuple(name for name in param.same if name not in names)
            left += [param.model_copy(update={"same": rest})] if rest else []
        elif not (isinstance(param, Pair) and param.torch[0] in names and len(param.torch) == 1):
            left.append(param)
    return left
