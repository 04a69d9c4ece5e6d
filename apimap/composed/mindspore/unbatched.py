"""MindSpore's own cells, made to take one input without its batch axis, as PyTorch's layers do."""

from __future__ import annotations

from functools import cache
from typing import Any


def _construct(self: Any, x: Any) -> Any:
    if x.ndim == self.batched_rank - 1:
        return self.batched_construct(x.expand_dims(0)).squeeze(0)
    return self.batched_construct(x)


@cache
def takes_unbatched(cell_class: type, batched_rank: int) -> type:
    """A subclass of the cell class that also takes inputs of rank ``batched_rank - 1``.

    ``super().construct`` in a subclass recurses for ever under ms.jit (MindSpore 2.10), so the
    class keeps its parent's construct under a second name.
    """
    construct: Any = cell_class.construct  # type: ignore[attr-defined]  # every Cell has one
    members = {
        "__module__": __name__,
        "__doc__": cell_class.__doc__,
        "__reduce__": _reduce,
        "batched_class": cell_class,
        "batched_rank": batched_rank,
        "batched_construct": construct,
        "construct": _construct,
    }
    return type(cell_class.__name__, (cell_class,), members)


def _reduce(self: Any) -> Any:
    return _revive, (self.batched_class, self.batched_rank), self.__getstate__()


def _revive(cell_class: type, batched_rank: int) -> Any:
    made: Any = takes_unbatched(cell_class, batched_rank)
    return made.__new__(made)
