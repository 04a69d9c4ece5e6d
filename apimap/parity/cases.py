"""Parity cases from an entry's ``parity`` section: plain data, no framework."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Optional

import numpy as np

from apimap.frameworks.nest import Tree, take_apart
from apimap.frameworks.record import Value
from apimap.parity.sample import covering
from apimap.parity.specs import InputSpec, Spec, draw, inputs_of, text_of
from apimap.schema import CaseSource, Entry, Parity, Side
from apimap.tensors import FLOATING
from apimap.translate import Call

Mode = Literal["train", "eval"]
Direction = Literal["to_torch", "to_mindspore"]
DIRECTIONS: tuple[Direction, Direction] = ("to_torch", "to_mindspore")
DEVICE = "CPU"
JIT_SAMPLE, DTYPE_SAMPLE = 24, 8
"""How many cases of a full sweep run under ms.jit and in each dtype other than float32. A graph
takes about 0.1 s to compile, a hundred times an eager case, and what it may refuse are the values
that arguments take, which a covering sample has all of."""


@dataclass(frozen=True)
class Case:
    """One argument set, one input, one way to run."""

    entry: Entry
    direction: Direction
    kwargs: Mapping[str, Any]
    inputs: tuple[Spec, ...]
    dtype: str = "float32"
    mode: Mode = "train"
    jit: bool = False
    base_seed: int = 0

    @property
    def source(self) -> Side:
        """The side that the case starts from."""
        return "torch" if self.direction == "to_mindspore" else "mindspore"

    @property
    def api(self) -> str:
        """The API that the case starts from."""
        return self.entry.api(self.source)

    @cached_property
    def call(self) -> str:
        """The argument set as a call."""
        return str(Call(self.api, self.kwargs)).removeprefix(f"{self.source}.nn.")

    @cached_property
    def id(self) -> str:
        """Stable and readable: direction, call, inputs, dtype, mode, eager or jit."""
        inputs = text_of(self.inputs)
        runs = "jit" if self.jit else "eager"
        return f"{self.direction}-{self.call}-in{inputs}-{self.dtype}-{self.mode}-{runs}"

    @cached_property
    def seed(self) -> int:
        """The case's own seed, from its id and the sweep's seed."""
        return zlib.crc32(f"{self.base_seed}:{self.id}".encode())

    def __str__(self) -> str:
        return f"{self.id} (seed {self.seed})"

    def draw_inputs(self) -> list[Value]:
        """The arrays of the case's inputs in order, the same each time."""
        nest = self._drawn()
        return list(nest) if self.tree is None else take_apart(nest, _is_value)[0]

    @cached_property
    def tree(self) -> Optional[Tree]:
        """How the inputs are nested; None where they are arrays, passed in their order."""
        if all(isinstance(spec, InputSpec) for spec in self.inputs):
            return None
        return take_apart(self._drawn(), _is_value)[1]

    def _drawn(self) -> tuple[Any, ...]:
        return draw(self.inputs, np.random.default_rng((self.seed, 1)), self.dtype)


def _is_value(item: Any) -> bool:
    return isinstance(item, Value)


@dataclass(frozen=True)
class Batch:
    """Cases of one way to run. ``wanted`` is how many of them to run; the rest stand in for
    those that their own framework rejects."""

    cases: Iterator[Case]
    wanted: Optional[int] = None


def generate(
    entry: Entry, direction: Direction, *, max_examples: Optional[int] = None, seed: int = 0
) -> list[Batch]:
    """The cases of an entry in one direction; none where its ``parity`` says nothing of it.

    All argument sets, inputs and modes in float32 and eagerly, then a sample under ms.jit and one
    in each other dtype that both sides have. With ``max_examples`` the first is a sample too.
    """
    spec = entry.parity
    source = getattr(spec, "torch" if direction == "to_mindspore" else "mindspore", None)
    if spec is None or source is None:
        return []
    grid = _Grid(entry, direction, source, spec, seed)
    others = dtypes(entry)[1:]
    jit, each = JIT_SAMPLE if spec.jit else 0, DTYPE_SAMPLE
    if max_examples is not None:
        jit, each = min(jit, max_examples // 4), min(each, max_examples // 12)
    batches = [Batch(grid.sample("float32", jit=True), jit)]
    batches += [Batch(grid.sample(dtype), each) for dtype in others]
    if max_examples is None:
        return [Batch(grid.all("float32")), *batches]
    left = max(1, max_examples - jit - each * len(others))
    return [Batch(grid.sample("float32"), left), *batches]


def dtypes(entry: Entry) -> list[str]:
    """The floating dtypes that both sides have kernels for, float32 first."""
    known = set(FLOATING)
    if entry.dtypes is not None:
        for declared in (entry.dtypes.torch, entry.dtypes.mindspore):
            known &= set(declared.get(DEVICE, declared.get(DEVICE.lower(), FLOATING)))
    return ["float32", *(name for name in FLOATING if name in known and name != "float32")]


class _Grid:
    """The product of varied arguments, inputs and modes."""

    def __init__(
        self, entry: Entry, direction: Direction, source: CaseSource, spec: Parity, seed: int
    ) -> None:
        self.entry, self.direction, self.source, self.seed = entry, direction, source, seed
        self.inputs = [inputs_of(spec) for spec in source.inputs]
        self.modes = spec.modes
        self.axes = [list(map(tuples, values)) for values in source.vary.values()]
        self.sizes = [*map(len, self.axes), len(self.inputs), len(self.modes)]

    def all(self, dtype: str) -> Iterator[Case]:
        """Every point, in order."""
        for point in itertools.product(*map(range, self.sizes)):
            yield self._case(point, dtype, jit=False)

    def sample(self, dtype: str, *, jit: bool = False) -> Iterator[Case]:
        """Every point, in an order of its own for each dtype and way to run."""
        seed = zlib.crc32(f"{self.seed}:{self.entry.name}:{dtype}:{jit}".encode())
        for point in covering(self.sizes, seed):
            yield self._case(point, dtype, jit=jit)

    def _case(self, point: Sequence[int], dtype: str, *, jit: bool) -> Case:
        *chosen, at_input, at_mode = point
        varied = (axis[i] for axis, i in zip(self.axes, chosen, strict=True))
        kwargs = {name: tuples(value) for name, value in self.source.args.items()}
        kwargs.update(zip(self.source.vary, varied, strict=True))
        inputs, mode = self.inputs[at_input], self.modes[at_mode]
        return Case(self.entry, self.direction, kwargs, inputs, dtype, mode, jit, self.seed)


def tuples(value: Any) -> Any:
    """A mapping file's lists as tuples, also inside mappings."""
    if isinstance(value, Mapping):
        return {key: tuples(item) for key, item in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, (list, tuple)) else value
