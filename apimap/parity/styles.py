"""What is done to drawn inputs: extreme values, and memory that is not contiguous."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from apimap.frameworks.record import Value
from apimap.tensors import FLOATING, Array

SCALES: Mapping[str, Mapping[str, float]] = {
    "large": {"float16": 1e2, "bfloat16": 1e6, "float32": 1e6, "float64": 1e6},
    "tiny": {"float16": 1e-4, "bfloat16": 1e-20, "float32": 1e-20, "float64": 1e-150},
    "denormal": {"float16": 1e-6, "bfloat16": 1e-39, "float32": 1e-40, "float64": 1e-310},
}
SPECIAL = "special"
STYLES = ("", "strided", "negative", *SCALES, SPECIAL)
"""``strided`` lays the axes out in reverse; ``special`` has infinities and NaN among its values."""


def styled(array: Array, dtype: str, style: str, generator: np.random.Generator) -> Value:
    """The array in a dtype and style; integers are strided or left as they are."""
    if style and style not in STYLES:
        raise ValueError(f"an input's style is one of {', '.join(STYLES[1:])}, not {style!r}")
    if style == "strided":
        return Value(np.asfortranarray(Value.of(array, dtype).array), dtype)
    if dtype not in FLOATING:
        return Value.of(array, dtype)
    if style in SCALES:
        array = array * SCALES[style][dtype]
    elif style == "negative":
        array = -np.abs(array)
    elif style == SPECIAL:
        array = _with_specials(array, generator)
    return Value.of(array, dtype)


def _with_specials(array: Array, generator: np.random.Generator) -> Any:
    """One of each in random places, where there are elements enough."""
    result = np.array(array)
    flat = result.reshape(-1)
    places = generator.permutation(flat.size)
    for place, value in zip(places, (np.inf, -np.inf, np.nan), strict=False):
        flat[place] = value
    return result
