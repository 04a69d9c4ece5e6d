"""MindSpore's own cells, made to take the inputs that PyTorch's layers take."""

from __future__ import annotations

from functools import cache
from typing import Any, Optional

from mindspore import ops

from apimap.composed.mindspore.empty import empty_result


def construct(self: Any, x: Any) -> Any:
    """By another name than this ms.jit would compile it anew at each call (MindSpore 2.10)."""
    if self.pads_empty and x.size == 0:
        return without_elements(self.own_construct(padded(x)), x)
    if x.ndim == self.unbatched_rank:
        return self.own_construct(x.expand_dims(0)).squeeze(0)
    return self.own_construct(x)


def padded(x: Any) -> Any:
    """Zeros in the place of an empty input, with one element where an axis has none."""
    return ops.zeros(tuple([max(size, 1) for size in x.shape]), x.dtype)


def without_elements(y: Any, x: Any) -> Any:
    """The result with the input's empty axes empty again, or each of several results."""
    if isinstance(y, tuple):
        return tuple([without_elements(each, x) for each in y])
    shape = [0 if axis < x.ndim and x.shape[axis] == 0 else y.shape[axis] for axis in range(y.ndim)]
    return empty_result(tuple(shape), y.sum())


@cache
def adapted(cell_class: type, batched_rank: Optional[int], pads_empty: bool) -> type:
    """A subclass of the cell class that takes more inputs.

    With ``batched_rank`` it takes inputs of one rank less, without the batch axis. With
    ``pads_empty`` it takes empty inputs, where MindSpore 2.10's kernels on CPU raise, or leave
    the weight's gradient as whatever lay in memory.

    ``super().construct`` in a subclass recurses for ever under ms.jit (MindSpore 2.10), so the
    class keeps its parent's construct under a second name.
    """
    own: Any = cell_class.construct  # type: ignore[attr-defined]  # every Cell has one
    members = {
        "__module__": __name__,
        "__doc__": cell_class.__doc__,
        "__reduce__": _reduce,
        "adapted_from": (cell_class, batched_rank, pads_empty),
        "unbatched_rank": None if batched_rank is None else batched_rank - 1,
        "pads_empty": pads_empty,
        "own_construct": own,
        "construct": construct,
    }
    return type(cell_class.__name__, (cell_class,), members)


def _reduce(self: Any) -> Any:
    return _revive, self.adapted_from, self.__getstate__()


def _revive(cell_class: type, batched_rank: Optional[int], pads_empty: bool) -> Any:
    made: Any = adapted(cell_class, batched_rank, pads_empty)
    return made.__new__(made)
