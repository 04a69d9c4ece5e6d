"""What a caller gives as inputs, as arrays that each side gets a copy of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apimap.errors import InvalidCall
from apimap.frameworks.nest import Branch, Plain, Tree, in_order, paths, take_apart
from apimap.frameworks.record import Value
from apimap.parity.measure import runner
from apimap.schema import SIDES


@dataclass(frozen=True)
class Inputs:
    """The arrays in order, and how they are nested in the call."""

    values: Sequence[Value]
    tree: Tree

    @property
    def names(self) -> list[str]:
        """The path of each array: ``in[0]``, ``in['mask']``."""
        return list(paths(self.tree, "in"))

    def as_dtype(self, dtype: str) -> Inputs:
        """The floating arrays in another dtype."""
        return replace(self, values=[value.as_dtype(dtype) for value in self.values])


def given(inputs: Any) -> Inputs:
    """One array, a list or tuple of positional arguments, or a mapping of named ones.

    Raises ``InvalidCall`` where an array does not hold numbers.
    """
    if isinstance(inputs, Inputs):
        return inputs
    found, tree = take_apart(inputs, _is_tensor)
    _refuse_objects(tree, "in")
    values = [_value(item) for item in found]
    whole = isinstance(tree, Branch) and (tree.kind == "mapping" or not hasattr(inputs, "_fields"))
    if whole and isinstance(inputs, (dict, list, tuple)):
        return Inputs(values, tree)
    if not isinstance(tree, Branch) and values:
        return Inputs(values, in_order(1))
    return Inputs(values, take_apart([inputs], _is_tensor)[1])


def _is_tensor(item: Any) -> bool:
    return any(runner(side).is_tensor(item) for side in SIDES)


def _refuse_objects(tree: Tree, path: str) -> None:
    if isinstance(tree, Branch):
        for key, item in tree.items.items():
            _refuse_objects(item, path + tree.steps[key])
    elif isinstance(tree, Plain) and isinstance(tree.value, (np.ndarray, np.generic)):
        text = f"{path} is a NumPy array of dtype {tree.value.dtype}, not numbers"
        raise InvalidCall(text, hint="pass arrays of booleans, integers, floats or complex numbers")


def _value(item: Any) -> Value:
    """A copy, since the caller's array must stay as it is."""
    side = next(side for side in SIDES if runner(side).is_tensor(item))
    value: Value = runner(side).as_value(item)
    return Value(np.array(value.array), value.dtype)
