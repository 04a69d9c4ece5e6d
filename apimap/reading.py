"""The constructor arguments of a live layer, read back from its attributes."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from apimap import signatures
from apimap.errors import ApimapError
from apimap.rules.reading import find_reader
from apimap.schema import Entry, MindsporeOnly, Reading, Side, TorchOnly, other

Values = dict[str, Any]
PLAIN = Reading.model_validate({})


def read(layer: Any, entry: Entry, side: Side) -> Values:
    """All arguments but those that act only while a layer is built.

    A composed layer remembers its own arguments.
    """
    remembered = getattr(layer, "apimap_arguments", None)
    if remembered is not None:
        construction = entry.construction(other(side))
        return {name: value for name, value in remembered.items() if name not in construction}
    readings: dict[str, Reading] = getattr(entry.read, side)
    left_out, optional = entry.construction(side), _ignored(entry, side)
    values = {}
    for name in signatures.signature(entry.api(side)).parameters:
        if name in left_out or (name in optional and not hasattr(layer, name)):
            continue
        values[name] = _one(layer, name, readings.get(name, PLAIN), entry.api(side))
    return values


def _ignored(entry: Entry, side: Side) -> set[str]:
    """Parameters that change no value, which a live layer need not hold."""
    return {
        name
        for param in entry.params
        if isinstance(param, (TorchOnly, MindsporeOnly)) and param.ignored
        for name in param.names(side)
    }


def _one(layer: Any, name: str, reading: Reading, api: str) -> Any:
    path = reading.attribute or name
    try:
        value = attrgetter(path)(layer)
    except AttributeError as error:
        text = f"the live layer has no attribute {path!r}, which holds {name!r}"
        raise ApimapError(text, where=api, hint="mend `read` in its mapping entry") from error
    if reading.as_ is not None:
        value = find_reader(reading.as_)(layer, value)
    return tuple(value) if isinstance(value, (list, tuple)) else value
