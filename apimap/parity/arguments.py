"""Arguments of a parity case that a mapping file cannot write down, made from what it says.

``{tensor: [5], between: [0, 1]}`` is a random tensor, ``{layer: torch.nn.Linear, args: {...}}`` a
layer, ``{function: torch.nn.functional.gelu}`` a function of the framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from apimap.frameworks import framework
from apimap.frameworks.record import Value
from apimap.parity.specs import spec_of
from apimap.schema import Side


def is_made(value: Any) -> bool:
    """Whether an argument is made by ``make``."""
    return isinstance(value, Mapping) and bool({"tensor", "layer", "function"} & value.keys())


def make(value: Any, side: Side, generator: np.random.Generator, dtype: str) -> Any:
    """The argument of one framework; a plain value stays as it is."""
    if isinstance(value, tuple):
        return tuple(make(each, side, generator, dtype) for each in value)
    if not is_made(value):
        return value
    speaker = framework(side)
    if "function" in value:
        return speaker.resolve(value["function"])
    if "layer" in value:
        inner = {k: make(v, side, generator, dtype) for k, v in value.get("args", {}).items()}
        return speaker.build(value["layer"], inner)
    drawn = spec_of({"shape": value["tensor"], **value})
    if not isinstance(drawn, tuple):
        made: Value = drawn.draw(generator, dtype)
        return speaker.plain_tensor(made.stored.copy(), made.dtype, speaker.use_device(None))
    return drawn
