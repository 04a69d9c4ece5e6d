"""Checks of what entries say of first values."""

from __future__ import annotations

from collections.abc import Iterator

from apimap import signatures
from apimap.nearest import nearest_hint
from apimap.schema import SIDES, Entry, MindsporeOnly

Finding = tuple[str, str]


def initial_values(entry: Entry) -> Iterator[Finding]:
    """Parameters that fill tensors, and the first values that differ."""
    yield from _fills(entry)
    yield from _laws(entry)
    yield from _both_ways(entry)


def _fills(entry: Entry) -> Iterator[Finding]:
    held = [str(tensor.name("mindspore")) for tensor in entry.tensors if tensor.name("mindspore")]
    for param in entry.params:
        fills = param.fills if isinstance(param, MindsporeOnly) else ()
        if isinstance(param, MindsporeOnly) and fills and len(fills) != len(param.own):
            yield f"{', '.join(param.own)} fill {len(fills)} tensors", "name one for each"
        for name in fills:
            if held and name not in held:
                yield f"fills {name!r}, which is no tensor", nearest_hint(name, held)


def _laws(entry: Entry) -> Iterator[Finding]:
    for side in SIDES:
        held = [str(tensor.name(side)) for tensor in entry.tensors if tensor.name(side)]
        laws: dict[str, str] = getattr(entry.initial, side)
        for name, law in laws.items():
            own, api = name.partition("[")[0], law.partition("(")[0]
            if held and own not in held:
                yield f"initial.{side}: no tensor {own!r}", nearest_hint(own, held)
            if api not in signatures.known_apis(side):
                mend = nearest_hint(api, signatures.known_apis(side))
                yield f"initial.{side}: no initializer {api!r}", mend


def _both_ways(entry: Entry) -> Iterator[Finding]:
    """A tensor that starts otherwise does so from both sides, and MindSpore's can be told."""
    filled = {name for param in entry.params for name in getattr(param, "fills", ())}
    for tensor in entry.tensors:
        names = {side: str(tensor.name(side)) for side in SIDES}
        told = [names[side] in getattr(entry.initial, side) for side in SIDES]
        if any(told) and not all(told):
            yield f"initial: {names['torch']!r} is there for one side only", "say both"
        if any(told) and not entry.unsupported.to_mindspore and names["mindspore"] not in filled:
            yield f"initial: no parameter of MindSpore fills {names['mindspore']!r}", "say fills"
