"""Draw from a product of axes so that few draws show many pairs of values together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

CANDIDATES = 16
Point = tuple[int, ...]


def covering(sizes: Sequence[int], seed: int) -> Iterator[Point]:
    """Every point of the product once, those first that bring most unseen pairs of values.

    >>> [first, second, *rest] = covering([2, 2], seed=0)
    >>> all(a != b for a, b in zip(first, second)), len(rest)
    (True, 2)
    """
    generator = np.random.default_rng(seed)
    total, used = prod(sizes), set[int]()
    seen: set[tuple[int, ...]] = set()
    in_order = iter(range(total))
    while len(used) < total:
        drawn = {int(i) for i in generator.integers(0, total, CANDIDATES)} - used
        fresh = sorted(drawn) or [next(i for i in in_order if i not in used)]
        points = [_point(index, sizes) for index in fresh]
        at = max(range(len(points)), key=lambda i: len(_pairs(points[i]) - seen))
        used.add(fresh[at])
        seen |= _pairs(points[at])
        yield points[at]


def _point(index: int, sizes: Sequence[int]) -> Point:
    return tuple(int(i) for i in np.unravel_index(index, sizes)) if sizes else ()


def _pairs(point: Point) -> set[tuple[int, ...]]:
    axes = list(enumerate(point))
    return {a + b for a, b in itertools.combinations_with_replacement(axes, 2)}
