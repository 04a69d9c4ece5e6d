"""What a converted layer remembers of its source, so that it can go back without loss.

The record is plain data on the layer (``layer.apimap_origin``), so that a pickled layer does not
need apimap. It holds only as long as the layer's own arguments read as they did when it was
converted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, TypedDict

from apimap.signatures import same_value
from apimap.tensors import Array

KeptTensor = tuple[Array, str, bool]


class Record(TypedDict):
    """Where a layer came from: API, arguments, the target's as freshly read, tensors left out.

    A kept tensor is its array, dtype and training flag. ``adapted`` says that the source took
    more inputs than its framework's own class.
    """

    api: str
    arguments: dict[str, Any]
    fingerprint: dict[str, Any]
    tensors: dict[str, KeptTensor]
    adapted: bool


def note(
    layer: Any,
    api: str,
    arguments: Mapping[str, Any],
    fingerprint: Mapping[str, Any],
    tensors: Mapping[str, KeptTensor],
    *,
    adapted: bool,
) -> None:
    """Write the record onto a freshly converted layer."""
    layer.apimap_origin = {
        "api": api,
        "arguments": dict(arguments),
        "fingerprint": dict(fingerprint),
        "tensors": dict(tensors),
        "adapted": adapted,
    }


def source_api(layer: Any) -> str:
    """The API that the layer was converted from, empty where it was not converted."""
    record: Optional[Record] = getattr(layer, "apimap_origin", None)
    return record["api"] if record else ""


def recall(layer: Any, values: Mapping[str, Any]) -> Optional[Record]:
    """The record, if the layer still reads as it did; None otherwise."""
    record: Optional[Record] = getattr(layer, "apimap_origin", None)
    if record is None or record["fingerprint"].keys() != values.keys():
        return None
    unchanged = all(same_value(record["fingerprint"][name], values[name]) for name in values)
    return record if unchanged else None
