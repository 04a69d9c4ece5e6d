"""The converted layer goes back: to the same class, text, flags and bits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Optional

import numpy as np

from apimap import layers as conversion
from apimap.frameworks import framework
from apimap.parity.cases import Case
from apimap.schema import Flavor, Side, other
from apimap.tensors import TensorView

# Addresses, and what acts only while a cell is built.
UNTOLD = re.compile(r" at 0x[0-9a-f]+|, (weight|bias)_init=[^,)]+")
KEPT = 4096


class Seen:
    """What went back without loss in one sweep, so that it need not go back for each input.

    Inputs have no part in it: once for each argument set, dtype and mode is enough. What lost
    something is looked at again, so that each of its cases says so. Only the last argument sets
    are kept, and only for one process: a worker looks at all that it meets for the first time.
    """

    def __init__(self) -> None:
        self._whole: dict[tuple[Any, ...], None] = {}

    def lost(self, case: Case, frozen: bool, source: Any, converted: Any) -> list[str]:
        """What the way back lost, as far as it is not known that nothing is."""
        key = (case.entry.name, case.direction, case.call, case.dtype, case.mode, frozen)
        if key in self._whole:
            return []
        found = list(lost(source, converted, case.source))
        if not found:
            self._whole[key] = None
            if len(self._whole) > KEPT:
                del self._whole[next(iter(self._whole))]
        return found


def convert(layer: Any, to: Side, flavor: Optional[Flavor] = None) -> Any:
    """``to_torch`` or ``to_mindspore``."""
    if to == "torch":
        return conversion.to_torch(layer)
    return conversion.to_mindspore(layer, flavor=flavor)


def lost(source: Any, converted: Any, side: Side) -> Iterator[str]:
    """What the way back lost."""
    speaker = framework(side)
    try:
        back = convert(converted, side)
    except Exception as error:  # a bug of apimap is a finding
        yield f"the way back raised {type(error).__name__}: {error}"
        return
    if speaker.api_of(type(back)) != speaker.api_of(type(source)):
        yield f"the way back gives {speaker.api_of(type(back))}"
    texts = [UNTOLD.sub("", repr(layer)) for layer in (source, back)]
    if texts[0] != texts[1]:
        yield f"the way back gives {texts[1]}, not {texts[0]}"
    if speaker.is_training(back) != speaker.is_training(source):
        yield "the way back loses the training flag"
    yield from _tensors_lost(speaker.tensors(source), speaker.tensors(back))


def flag_lost(source: Any, converted: Any, side: Side) -> list[str]:
    """Whether the conversion itself lost the training flag."""
    kept = framework(side).is_training(source) == framework(other(side)).is_training(converted)
    return [] if kept else ["the training flag was lost"]


def _tensors_lost(
    source: Mapping[str, TensorView], back: Mapping[str, TensorView]
) -> Iterator[str]:
    if list(source) != list(back):
        yield f"the way back has tensors {list(back)}, not {list(source)}"
    for name, view in source.items():
        other_view = back.get(name)
        if other_view is None:
            continue
        if (view.dtype, view.trainable) != (other_view.dtype, other_view.trainable):
            yield f"the way back changes dtype or requires_grad of {name!r}"
        if view.array.tobytes() != other_view.array.tobytes():
            yield f"the way back changes bits of {name!r}"
        if view.array.size and np.shares_memory(view.array, other_view.array):
            yield f"{name!r} shares memory with the copy"
