"""Which tensor of a torch module is which of a MindSpore cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from einops import EinopsError

from apimap.catalog import default_catalog
from apimap.errors import InvalidCall
from apimap.frameworks import framework
from apimap.frameworks.record import Value
from apimap.nearest import nearest_hint
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
    """The pairs, and what is left over on each side that some entry did not expect there.

    ``layers`` holds the paired sublayers, by their PyTorch name.
    """

    pairs: list[Pair] = field(default_factory=list)
    alone: dict[Side, list[str]] = field(default_factory=lambda: {side: [] for side in SIDES})
    layers: dict[str, str] = field(default_factory=dict)
    claimed: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in SIDES})


def pair_tensors(
    torch_layer: Any, mindspore_layer: Any, names: Optional[Mapping[str, str]] = None
) -> Pairing:
    """Walk both trees at once.

    Layers that an entry maps to each other pair as it says, all others by tensor name; children
    pair by name, or by position where no name is common to both sides. ``names`` says by hand
    which sublayer or tensor of the PyTorch side is which of MindSpore's.

    Raises ``InvalidCall`` where a name is not there.
    """
    layers: Layers = {"torch": torch_layer, "mindspore": mindspore_layer}
    pairing, given = Pairing(), names or {}
    if not all(framework(side).is_layer(layers[side]) for side in SIDES):
        return pairing
    pairing.claimed = {"torch": set(given), "mindspore": set(given.values())}
    for ours, theirs in given.items():
        _by_hand(layers, {"torch": ours, "mindspore": theirs}, pairing)
    _walk(layers, dict.fromkeys(SIDES, ""), pairing)
    return pairing


def _by_hand(layers: Layers, names: dict[Side, str], pairing: Pairing) -> None:
    found = {side: sublayer(side, layers[side], names[side]) for side in SIDES}
    if all(layer is not None for layer in found.values()):
        _walk(found, {side: f"{names[side]}." for side in SIDES}, pairing)
        return
    for side in SIDES:
        slots = framework(side).slots(layers[side])
        if names[side] not in slots:
            word = f"names: {side} has no sublayer or tensor {names[side]!r}"
            near = nearest_hint(names[side], [*_all_names(side, layers[side]), *slots])
            hint = "names= goes from PyTorch's names to MindSpore's"
            raise InvalidCall(word, hint=f"{near} {hint}".strip())
    same = TensorMap.model_validate({"same": names["torch"].rpartition(".")[2]})
    pairing.pairs.append(Pair(names["torch"], names["mindspore"], same))


def sublayer(side: Side, layer: Any, name: str) -> Any:
    """The sublayer of a dotted name, None where there is none; the empty name is the layer's."""
    for step in filter(None, name.split(".")):
        layer = None if layer is None else framework(side).children(layer).get(step)
    return layer


def _all_names(side: Side, layer: Any, prefix: str = "") -> Iterator[str]:
    for name, child in framework(side).children(layer).items():
        yield prefix + name
        yield from _all_names(side, child, f"{prefix}{name}.")


def _walk(layers: Layers, prefix: dict[Side, str], pairing: Pairing) -> None:
    pairing.layers[prefix["torch"][:-1]] = prefix["mindspore"][:-1]
    apis: dict[Side, str] = {s: framework(s).api_of(type(layers[s])) for s in SIDES}
    entry = default_catalog().between(apis["torch"], apis["mindspore"])
    if entry is not None and not entry.is_container:
        _by_entry(entry, layers, prefix, pairing)
        return
    children = {side: _unclaimed(side, layers[side], prefix[side], pairing) for side in SIDES}
    matched = _matched(children)
    for names in matched:
        inner = {side: f"{prefix[side]}{names[side]}." for side in SIDES}
        _walk({side: children[side][names[side]] for side in SIDES}, inner, pairing)
    own: dict[Side, list[str]] = {}
    for side in SIDES:
        walked = {names[side] for names in matched}
        slots = framework(side).slots(layers[side])
        left = [name for name in slots if name.partition(".")[0] not in walked]
        own[side] = [n for n in left if not _is_claimed(prefix[side] + n, pairing.claimed[side])]
    _by_name(own, prefix, pairing)


def _unclaimed(side: Side, layer: Any, prefix: str, pairing: Pairing) -> dict[str, Any]:
    found: dict[str, Any] = framework(side).children(layer)
    return {n: child for n, child in found.items() if prefix + n not in pairing.claimed[side]}


def _is_claimed(name: str, claimed: set[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in claimed)


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
