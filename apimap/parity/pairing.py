"""Which tensor of a torch module is which of a MindSpore cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

from einops import EinopsError

from apimap.catalog import default_catalog
from apimap.frameworks import framework
from apimap.frameworks.record import Value
from apimap.schema import SIDES, Entry, Side, TensorMap, other
from apimap.weights import relayout

Layers = dict[Side, Any]


@dataclass(frozen=True)
class Pair:
    """The names of one tensor on both sides, and its layouts."""

    torch: str
    mindspore: str
    layout: TensorMap

    def name(self, side: Side) -> str:
        """The tensor's name on this side."""
        return self.torch if side == "torch" else self.mindspore

    def in_torch_layout(self, found: Value) -> Value:
        """A MindSpore value as PyTorch lays it out; as it is where its shape does not fit."""
        try:
            return Value(relayout(found.array, self.layout, "torch"), found.dtype)
        except EinopsError:
            return found


@dataclass
class Pairing:
    """The pairs, and what is left over on each side that some entry did not expect there."""

    pairs: list[Pair] = field(default_factory=list)
    alone: dict[Side, list[str]] = field(default_factory=lambda: {side: [] for side in SIDES})


def pair_tensors(torch_layer: Any, mindspore_layer: Any) -> Pairing:
    """Walk both trees at once.

    Layers that an entry maps to each other pair as it says, all others by tensor name; children
    pair by name, or by position where no name is common to both sides.
    """
    pairing = Pairing()
    _walk({"torch": torch_layer, "mindspore": mindspore_layer}, dict.fromkeys(SIDES, ""), pairing)
    return pairing


def _walk(layers: Layers, prefix: dict[Side, str], pairing: Pairing) -> None:
    apis: dict[Side, str] = {s: framework(s).api_of(type(layers[s])) for s in SIDES}
    entry = default_catalog().get(apis["torch"])
    if entry is not None and not entry.is_container and _is_native(entry, apis):
        _by_entry(entry, layers, prefix, pairing)
        return
    children = {side: framework(side).children(layers[side]) for side in SIDES}
    matched = _matched(children)
    for names in matched:
        inner = {side: f"{prefix[side]}{names[side]}." for side in SIDES}
        _walk({side: children[side][names[side]] for side in SIDES}, inner, pairing)
    own: dict[Side, list[str]] = {}
    for side in SIDES:
        walked = {names[side] for names in matched}
        slots = framework(side).slots(layers[side])
        own[side] = [name for name in slots if name.partition(".")[0] not in walked]
    _by_name(own, prefix, pairing)


def _is_native(entry: Entry, apis: dict[Side, str]) -> bool:
    """Whether both are the frameworks' own layers; a composed one has its source's names."""
    return all(entry.api(side) == apis[side] for side in SIDES)


def _by_entry(entry: Entry, layers: Layers, prefix: dict[Side, str], pairing: Pairing) -> None:
    present = {side: set(framework(side).slots(layers[side])) for side in SIDES}
    for tensor in entry.tensors:
        names: dict[Side, Optional[str]] = {side: tensor.name(side) for side in SIDES}
        if all(names[side] in present[side] for side in SIDES):
            full = {side: f"{prefix[side]}{names[side]}" for side in SIDES}
            pairing.pairs.append(Pair(full["torch"], full["mindspore"], tensor))
        for side in SIDES:
            present[side].discard(names[side] or "")
    for side in SIDES:
        pairing.alone[side] += [prefix[side] + name for name in sorted(present[side])]


def _by_name(own: dict[Side, list[str]], prefix: dict[Side, str], pairing: Pairing) -> None:
    for name in own["torch"]:
        if name in own["mindspore"]:
            same = TensorMap.model_validate({"same": name})
            full = {side: prefix[side] + name for side in SIDES}
            pairing.pairs.append(Pair(full["torch"], full["mindspore"], same))
    for side in SIDES:
        pairing.alone[side] += [prefix[side] + n for n in own[side] if n not in own[other(side)]]


def _matched(children: dict[Side, dict[str, Any]]) -> list[dict[Side, str]]:
    ours, theirs = children["torch"], children["mindspore"]
    common = [name for name in ours if name in theirs]
    if common or len(ours) != len(theirs):
        return [{"torch": name, "mindspore": name} for name in common]
    return [{"torch": a, "mindspore": b} for a, b in zip(ours, theirs, strict=True)]
