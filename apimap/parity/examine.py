"""One pair, its inputs and how to check it: what ``check_parity`` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Optional, Union

from apimap.errors import InvalidCall
from apimap.frameworks import framework
from apimap.frameworks.record import Value
from apimap.parity.by_layer import Folder, run_by_layer
from apimap.parity.cases import Mode
from apimap.parity.compare import Tolerance
from apimap.parity.depth import LayerReport
from apimap.parity.inputs import Inputs, given
from apimap.parity.measure import Measurement, Settings, judge, measure, runner
from apimap.parity.pairing import Layers, Pairing, pair_tensors
from apimap.parity.report import ParityReport, Row
from apimap.parity.sides import sides_of, title
from apimap.parity.steady import unsteady
from apimap.parity.structure import Thing
from apimap.schema import SIDES, TITLES, Side, other
from apimap.tensors import FLOATING

Bounds = Union[Tolerance, tuple[float, float], Mapping[str, tuple[float, float]], None]
MODES: tuple[Mode, ...] = ("train", "eval")


@dataclass(frozen=True)
class Options:
    """The keyword arguments of ``check_parity``."""

    gradients: bool = True
    modes: Sequence[Mode] = MODES
    dtypes: Optional[Sequence[str]] = None
    tolerance: Bounds = None
    seed: int = 0
    by_layer: bool = False
    names: Optional[Mapping[str, str]] = None

    def __post_init__(self) -> None:
        for word, given_words, known in (
            ("mode", self.modes, MODES),
            ("dtype", self.dtypes or (), FLOATING),
        ):
            for each in given_words:
                if each not in known:
                    raise InvalidCall(f"no {word} {each!r}", hint=f"one of {', '.join(known)}")


@dataclass(frozen=True)
class Way:
    """One way to run a pair; empty texts leave the flag, or the dtype, as it is."""

    mode: str = ""
    dtype: str = ""

    def __str__(self) -> str:
        return ", ".join(word for word in (self.mode, self.dtype) if word)


@dataclass(frozen=True)
class Examination:
    """A pair whose sides are known, ready to run."""

    layers: Layers
    inputs: Inputs
    expected: Side
    pairing: Pairing
    options: Options

    @classmethod
    def of(cls, a: Any, b: Any, inputs: Any, options: Options) -> Examination:
        """Raises ``InvalidCall`` where these are not one side of each framework, or no numbers."""
        found = given(inputs)
        sides = sides_of(a, b, found)
        layers: Layers = {sides[0]: a, sides[1]: b}
        pairing = pair_tensors(layers["torch"], layers["mindspore"], options.names)
        return cls(layers, found, sides[0], pairing, options)

    @property
    def settings(self) -> Settings:
        """How each run is made and judged."""
        options = self.options
        bounds = _tolerances(options.tolerance, self.inputs.values)
        return Settings(options.seed, options.gradients, False, self.expected, bounds)

    @property
    def ways(self) -> list[Way]:
        """The modes, where a side has any, in each dtype."""
        has_modes = any(framework(side).is_layer(self.layers[side]) for side in SIDES)
        modes = self.options.modes if has_modes else [""]
        return [Way(mode, dtype) for dtype in self.options.dtypes or [""] for mode in modes]

    def run(self, folder: Folder = None) -> ParityReport:
        """Run the pair in each way; ``folder`` takes the inputs of the first layer that differs."""
        before = self._unequal_weights()
        found = {way: self._in_way(way) for way in self.ways}
        problems = [*self._unpaired(), *(text for each in found.values() for text in each.problems)]
        notes = [text for each in found.values() for text in each.notes]
        report = ParityReport(
            rows=(*before, *(row for each in found.values() for row in each.rows)),
            problems=tuple(dict.fromkeys(problems)),
            seed=self.options.seed,
            subject=" against ".join(
                f"{TITLES[side]}'s {title(self.layers[side])}"
                for side in (other(self.expected), self.expected)
            ),
            expected=self.expected,
            notes=tuple(dict.fromkeys(notes)),
        )
        if self.options.by_layer:
            report = replace(report, layers=self.layer_by_layer(folder, found))
        return report

    def _in_way(self, way: Way) -> Measurement:
        """A measurement that leaves flags, dtypes and buffers as they were."""
        inputs = self.inputs.as_dtype(way.dtype) if way.dtype else self.inputs
        with self._held(way):
            settings, tree = self.settings, inputs.tree
            buffers = self._buffers()
            found = measure(self.layers, inputs.values, self.pairing, settings, str(way), tree)
            self._restore(buffers)
            random = unsteady(self.layers, inputs, found, settings)
        where = f" ({way})" if str(way) else ""
        found.problems = [f"{text}{where}" for text in [*found.problems, *random]]
        found.notes = [f"{text}{where}" for text in found.notes]
        if random:  # the numbers of such a run say nothing
            found.rows = []
        return found

    def layer_by_layer(
        self, folder: Folder = None, found: Optional[Mapping[Way, Measurement]] = None
    ) -> LayerReport:
        """In the first way that shows a difference, else in the last."""
        bad = [way for way, each in (found or {}).items() if each.differs]
        way = bad[0] if bad else self.ways[-1]
        inputs = self.inputs.as_dtype(way.dtype) if way.dtype else self.inputs
        with self._held(way):
            return run_by_layer(
                self.layers, inputs, self.pairing, self.settings, folder=folder, mode=str(way)
            )

    @contextmanager
    def _held(self, way: Way) -> Iterator[None]:
        """The layers in this mode and dtype, and afterwards as they were."""
        owned = [side for side in SIDES if framework(side).is_layer(self.layers[side])]
        buffers = self._buffers()
        flags = {side: _flags(side, self.layers[side]) for side in owned}
        try:
            with ExitStack() as stack:
                for side in owned:
                    if way.dtype:
                        stack.enter_context(runner(side).cast(self.layers[side], way.dtype))
                    framework(side).set_training(self.layers[side], way.mode == "train")
                yield
        finally:
            self._restore(buffers)
            for side in owned:
                _restore_flags(side, self.layers[side], flags[side])

    def _buffers(self) -> dict[Side, Any]:
        return {side: runner(side).buffers(self.layers[side]) for side in SIDES}

    def _restore(self, buffers: Mapping[Side, Any]) -> None:
        for side in SIDES:
            runner(side).restore(self.layers[side], buffers[side])

    def _unpaired(self) -> list[str]:
        """Parameters without counterpart; a buffer or frozen one may well be alone.

        A function's parameters are not seen, so those of a layer beside it have none to miss.
        """
        if not all(framework(side).is_layer(self.layers[side]) for side in SIDES):
            return []
        return [
            f"{TITLES[side]}'s parameter {name!r} has no counterpart in {TITLES[other(side)]}"
            for side in SIDES
            for name in self.pairing.alone[side]
            if name in runner(side).trainable(self.layers[side])
        ]

    def _unequal_weights(self) -> list[Row]:
        """Tensors that differ before anything runs, which is the first thing to know."""
        if not self.pairing.pairs:
            return []
        held = {side: framework(side).tensors(self.layers[side]) for side in SIDES}
        rows = []
        for pair in self.pairing.pairs:
            ours, theirs = (Value.of_view(held[side][pair.name(side)]) for side in SIDES)
            values: dict[Side, Value] = {"torch": ours, "mindspore": pair.in_torch_layout(theirs)}
            thing = Thing(f"tensor {pair.torch}", values)
            found = judge(thing, None, self.settings, "before running")
            rows += [] if found.verdict == "equal" else [found]
        return rows


def _tolerances(given_bounds: Bounds, values: Sequence[Value]) -> dict[str, Tolerance]:
    if given_bounds is None:
        return {}
    if isinstance(given_bounds, Mapping):
        return {dtype: Tolerance(*bounds) for dtype, bounds in given_bounds.items()}
    if not isinstance(given_bounds, Tolerance):
        given_bounds = Tolerance(*given_bounds)
    return dict.fromkeys(FLOATING, given_bounds)


def _flags(side: Side, layer: Any) -> list[bool]:
    """The training flags of a layer and all below it, from the top down."""
    speaker = framework(side)
    below = [flag for child in speaker.children(layer).values() for flag in _flags(side, child)]
    return [speaker.is_training(layer), *below]


def _restore_flags(side: Side, layer: Any, flags: Sequence[bool]) -> None:
    left = iter(flags)

    def restore(each: Any) -> None:
        framework(side).set_training(each, next(left))
        for child in framework(side).children(each).values():
            restore(child)

    restore(layer)
