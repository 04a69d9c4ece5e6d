"""Nested inputs and outputs: taken apart into tensors and a tree, and put together again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Union

Kind = Literal["sequence", "mapping"]


@dataclass(frozen=True)
class Place:
    """Where a tensor stands; ``index`` counts the tensors in order."""

    index: int


@dataclass(frozen=True)
class Plain:
    """What is no tensor: None, a number, a text, any other object."""

    value: Any


@dataclass(frozen=True)
class Branch:
    """A tuple or list (named or not), or a mapping or dataclass; mappings are sorted by key."""

    kind: Kind
    title: str
    items: dict[Any, Tree]
    steps: dict[Any, str]
    make: Callable[[dict[Any, Any]], Any] = field(compare=False, repr=False)


Tree = Union[Place, Plain, Branch]
Test = Callable[[Any], bool]


def take_apart(nest: Any, is_tensor: Test) -> tuple[list[Any], Tree]:
    """The tensors of a nest in order, and the nest with places in their stead.

    >>> take_apart({"b": 1.5, "a": [2, None]}, lambda item: item == 2)[0]
    [2]
    """
    if is_tensor(nest):
        return [nest], Place(0)
    tensors: list[Any] = []
    return tensors, _tree(nest, is_tensor, tensors, ())


def _tree(nest: Any, is_tensor: Test, tensors: list[Any], above: tuple[int, ...]) -> Tree:
    if is_tensor(nest):
        tensors.append(nest)
        return Place(len(tensors) - 1)
    found = _opened(nest)
    if found is None:
        return Plain(nest)
    if id(nest) in above:
        raise ValueError(f"a {type(nest).__name__} that contains itself cannot be compared")
    kind, items, steps, make = found
    above = (*above, id(nest))
    inner = {key: _tree(item, is_tensor, tensors, above) for key, item in items.items()}
    return Branch(kind, type(nest).__name__, inner, steps, make)


def _opened(nest: Any) -> Any:
    """Kind, items, the text of each step, and how to make it again; None for a plain value."""
    if dataclasses.is_dataclass(nest) and not isinstance(nest, type):
        names = sorted(each.name for each in dataclasses.fields(nest))
        items = {name: getattr(nest, name) for name in names}
        return "mapping", items, {name: f".{name}" for name in names}, _remake(nest)
    if isinstance(nest, Mapping):
        keys = sorted(nest, key=lambda key: (type(key).__name__, str(key)))
        return "mapping", {k: nest[k] for k in keys}, {k: f"[{k!r}]" for k in keys}, _refill(nest)
    if isinstance(nest, (tuple, list)):
        fields: Any = getattr(nest, "_fields", range(len(nest)))
        steps = [f".{name}" if isinstance(name, str) else f"[{name}]" for name in fields]
        return "sequence", dict(enumerate(nest)), dict(enumerate(steps)), _relist(nest)
    return None


def _remake(nest: Any) -> Callable[[dict[Any, Any]], Any]:
    taken = {each.name for each in dataclasses.fields(nest) if each.init}
    cls = type(nest)
    return lambda items: cls(**{name: items[name] for name in items if name in taken})


def _refill(nest: Mapping[Any, Any]) -> Callable[[dict[Any, Any]], Any]:
    keys = list(nest)
    plain = type(nest) is dict or not issubclass(type(nest), dict)
    cls: Any = dict if plain else type(nest)
    return lambda items: cls((key, items[key]) for key in keys)


def _relist(nest: Any) -> Callable[[dict[Any, Any]], Any]:
    cls: Any = type(nest)
    if hasattr(nest, "_fields"):
        return lambda items: cls(*items.values())
    made: Any = cls if cls in (tuple, list) else (list if isinstance(nest, list) else tuple)
    return lambda items: made(items.values())


def put_together(tree: Tree, tensors: Sequence[Any]) -> Any:
    """The nest of a tree, around these tensors."""
    if isinstance(tree, Place):
        return tensors[tree.index]
    if isinstance(tree, Plain):
        return tree.value
    return tree.make({key: put_together(item, tensors) for key, item in tree.items.items()})


def as_tuples(tree: Tree, tensors: Sequence[Any]) -> Any:
    """The same as nested tuples."""
    if isinstance(tree, Branch):
        return tuple(as_tuples(item, tensors) for item in tree.items.values())
    return put_together(tree, tensors)


def arguments(tree: Tree, tensors: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """How a layer is called: a sequence holds positional arguments, a mapping named ones."""
    if not isinstance(tree, Branch):
        return [put_together(tree, tensors)], {}
    found = {key: put_together(item, tensors) for key, item in tree.items.items()}
    return (list(found.values()), {}) if tree.kind == "sequence" else ([], found)


Held = list[tuple[str, Any, dict[Any, Any], dict[Any, str]]]


def held(nest: Any, name: str) -> Held:
    """Every container of a nest as it is now: its path, itself, what it holds and under which
    step."""
    found = _opened(nest)
    if found is None:
        return []
    _, items, steps, _ = found
    inner = [each for key, item in items.items() for each in held(item, name + steps[key])]
    return [(name, nest, items, steps), *inner]


def changed(before: Held) -> list[str]:
    """The paths of what was taken out of containers, put in or replaced since.

    >>> nest = {"a": 1, "b": [2]}
    >>> before = held(nest, "in")
    >>> del nest["a"]
    >>> changed(before)
    ["in['a'] is gone"]
    """
    found = []
    for name, nest, items, steps in before:
        _, now, new_steps, _ = _opened(nest)
        found += [f"{name}{steps[key]} is gone" for key in items if key not in now]
        found += [f"{name}{new_steps[key]} is new" for key in now if key not in items]
        both = [key for key in items if key in now and now[key] is not items[key]]
        found += [f"{name}{steps[key]} is replaced" for key in both]
    return found


def paths(tree: Tree, name: str) -> Iterator[str]:
    """The path of each tensor, in order: ``out[0].logits``.

    >>> list(paths(take_apart([7, {"mask": 8}], lambda item: isinstance(item, int))[1], "in"))
    ['in[0]', "in[1]['mask']"]
    """
    if isinstance(tree, Place):
        yield name
    elif isinstance(tree, Branch):
        for key, item in tree.items.items():
            yield from paths(item, name + tree.steps[key])


@cache
def in_order(count: int) -> Tree:
    """The tree of so many positional tensors."""
    items: dict[Any, Tree] = {index: Place(index) for index in range(count)}
    steps = {index: f"[{index}]" for index in range(count)}
    return Branch("sequence", "list", items, steps, lambda found: list(found.values()))
