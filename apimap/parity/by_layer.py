"""Two whole models layer by layer: the first one whose output differs, and its inputs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Optional, Union

import numpy as np

from apimap.frameworks.nest import Tree, paths, take_apart
from apimap.frameworks.record import Run, Value
from apimap.parity.compare import EXACT, ROUNDING, TOLERANCES, Verdict, worst
from apimap.parity.depth import Divergence, LayerReport, LayerRow
from apimap.parity.inputs import Inputs
from apimap.parity.measure import Settings, attempt, judge, runner, widened
from apimap.parity.pairing import Layers, Pairing, sublayer
from apimap.parity.report import Row
from apimap.parity.structure import Found, Object, pair_outputs
from apimap.schema import SIDES, TITLES, Side

Key = tuple[str, int]
Calls = dict[Key, Run]
Folder = Union[str, Path, None]
WHOLE = "(whole)"
SPREAD, CAP = 10.0, 500.0
"""Rounding grows through depth: a layer's result may lie ten times further from the float64 run
than the other framework's own, up to five hundred times what one layer alone may."""


def run_by_layer(
    layers: Layers,
    inputs: Inputs,
    pairing: Pairing,
    settings: Settings,
    *,
    folder: Folder = None,
    mode: str = "",
) -> LayerReport:
    """Run both sides once as they are, and once more for the inputs of the first that differs."""
    run = _Run(layers, inputs, pairing, settings)
    problems, notes = run.record(), run.strangers()
    judged = list(run.judged())
    rows = tuple(row for row, _ in judged)
    at = next((i for i, row in enumerate(rows) if row.verdict == "differs"), None)
    first = None if at is None else run.divergence(judged[at][1], folder)
    return LayerReport(rows, first, tuple(notes), mode, tuple(problems))


@dataclass(frozen=True)
class _Compared:
    """One call of a sublayer, and its outputs as they compare."""

    key: Key
    rows: list[Row]
    problems: list[str]


class _Run:
    """Both models, with what each of their sublayers returned."""

    def __init__(
        self, layers: Layers, inputs: Inputs, pairing: Pairing, settings: Settings
    ) -> None:
        self.layers, self.inputs, self.pairing = layers, inputs, pairing
        self.settings = settings
        self.calls: dict[Side, Calls] = {}
        self.exact: Calls = {}

    def record(self) -> list[str]:
        """Run both; and the PyTorch side in float64, which is the judge. Says what went wrong."""
        problems = []
        for side in SIDES:
            before = runner(side).buffers(self.layers[side])
            self.calls[side], error = _recorded(side, self.layers[side], self.inputs)
            runner(side).restore(self.layers[side], before)
            if error is not None:
                problems.append(f"{TITLES[side]} stopped with {type(error).__name__}: {error}")
        try:
            wide = widened(self.layers["torch"], runner("torch").buffers(self.layers["torch"]))
            self.exact, _ = _recorded("torch", wide, self.inputs.as_dtype("float64"))
        except Exception:  # a module that cannot be copied has no judge
            self.exact = {}
        return problems

    def counterpart(self, key: Key) -> Optional[Key]:
        """The call on MindSpore's side that stands for one on PyTorch's."""
        name = self.pairing.layers.get(key[0])
        return (name, key[1]) if name is not None and (name, key[1]) in self.theirs else None

    @property
    def theirs(self) -> Calls:
        """What MindSpore's sublayers returned."""
        return self.calls["mindspore"]

    def strangers(self) -> list[str]:
        """Sublayers that nothing on the other side stands for, or that did not run there."""
        alone = [name for name, turn in self.calls["torch"] if not turn]
        alone = [name for name in alone if self.counterpart((name, 0)) is None]
        if not alone:
            return []
        shown = ", ".join(alone[:8]) + (f" and {len(alone) - 8} more" if len(alone) > 8 else "")
        return [
            f"not compared, since no layer of MindSpore pairs with it or it did not run: {shown}"
        ]

    def judged(self) -> Iterator[tuple[LayerRow, _Compared]]:
        """A row for each call, in the order in which PyTorch finished them."""
        pairs = ((key, self.counterpart(key)) for key in self.calls["torch"])
        for depth, (key, other_key) in enumerate(pair for pair in pairs if pair[1] is not None):
            assert other_key is not None
            found = self._compared(key, other_key)
            numbers = [row.comparison for row in found.rows]
            odd = found.problems or any(each.mismatch for each in numbers)
            dtype = found.rows[0].dtype if found.rows else ""
            yield (
                LayerRow(
                    _label(key),
                    depth,
                    "differs" if found.problems else worst(row.verdict for row in found.rows),
                    math.inf if odd else max((each.max_abs for each in numbers), default=0.0),
                    math.inf if odd else max((each.max_rel for each in numbers), default=0.0),
                    self.settings.tolerances.get(dtype) or TOLERANCES.get(dtype, EXACT),
                ),
                found,
            )

    def _compared(self, key: Key, other_key: Key) -> _Compared:
        problems: list[str] = []
        things = pair_outputs(self.calls["torch"][key], self.theirs[other_key], problems)
        exact = self.exact.get(key)
        rows = [judge(each, exact, _roomy(self.settings, each, exact), "") for each in things]
        return _Compared(key, rows, problems)

    def divergence(self, found: _Compared, folder: Folder) -> Divergence:
        """What is known of the first layer that differs."""
        theirs = self.counterpart(found.key) or found.key
        keys: dict[Side, Key] = {"torch": found.key, "mindspore": theirs}
        lines = list(found.problems)
        bad = [row for row in found.rows if row.verdict == "differs"]
        lines += [row.detail(self.settings.expected) for row in bad]
        caught = {side: self._caught(side, keys[side]) for side in SIDES}
        place = _saved(caught, Path(folder or mkdtemp(prefix="apimap-")))
        alone = self._alone(keys, caught)
        return Divergence(_label(found.key), _label(theirs), "\n".join(lines), alone, place)

    def _caught(self, side: Side, key: Key) -> Optional[Inputs]:
        """The arguments that one call of a sublayer was given, in another run."""
        seen: list[Inputs] = []

        def catch(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            found, tree = take_apart([tuple(args), dict(kwargs)], runner(side).is_tensor)
            seen.append(Inputs([_kept(side, tensor) for tensor in found], tree))

        layer = self.layers[side]
        before = runner(side).buffers(layer)
        with runner(side).catching(sublayer(side, layer, key[0]), catch):
            attempt(side, layer, self.inputs.values, None, self.settings, self.inputs.tree)
        runner(side).restore(layer, before)
        return seen[key[1]] if key[1] < len(seen) else None

    def _alone(
        self, keys: dict[Side, Key], caught: Mapping[Side, Optional[Inputs]]
    ) -> Optional[Verdict]:
        """The verdict on the two sublayers when both are given PyTorch's inputs."""
        ours, theirs = caught["torch"], caught["mindspore"]
        if ours is None or theirs is None or len(ours.values) != len(theirs.values):
            return None
        runs: dict[Side, Any] = {}
        trees: dict[Side, Tree] = {"torch": ours.tree, "mindspore": theirs.tree}
        for side, tree in trees.items():
            layer = sublayer(side, self.layers[side], keys[side][0])
            before = runner(side).buffers(layer)
            runs[side] = attempt(side, _spread(layer), ours.values, None, self.settings, tree)
            runner(side).restore(layer, before)
        a, b = runs["torch"], runs["mindspore"]
        if not isinstance(a, Run) or not isinstance(b, Run):
            return None
        problems: list[str] = []
        rows = [judge(each, None, self.settings, "") for each in pair_outputs(a, b, problems)]
        return "differs" if problems else worst(row.verdict for row in rows)


def _recorded(side: Side, layer: Any, inputs: Inputs) -> tuple[Calls, Optional[Exception]]:
    calls: Calls = {}
    turns: Counter[str] = Counter()

    def see(name: str, output: Any) -> None:
        found, tree = take_apart(output, runner(side).is_tensor)
        calls[name, turns[name]] = Run([_kept(side, tensor) for tensor in found], tree=tree)
        turns[name] += 1

    with runner(side).watching(layer, see):
        outcome = attempt(side, layer, inputs.values, None, Settings(), inputs.tree)
    return calls, outcome if isinstance(outcome, Exception) else None


def _kept(side: Side, tensor: Any) -> Value:
    """A copy: a later layer may write to the tensor."""
    value: Value = runner(side).as_value(tensor)
    return Value(np.array(value.array), value.dtype)


def _spread(layer: Any) -> Any:
    return lambda args, kwargs: layer(*args, **kwargs)


def _label(key: Key) -> str:
    name = key[0] or WHOLE
    return f"{name}, call {key[1] + 1}" if key[1] else name


def _roomy(settings: Settings, thing: Found, exact: Optional[Run]) -> Settings:
    """Settings whose rounding allows for what the layers above have left behind."""
    if exact is None or isinstance(thing, Object) or thing.values["torch"].dtype not in ROUNDING:
        return settings
    ours, index = thing.values["torch"], thing.place[1]
    if index >= len(exact.outputs) or exact.outputs[index].array.shape != ours.array.shape:
        return settings
    wide = exact.outputs[index].array
    with np.errstate(invalid="ignore", over="ignore"):
        noise = np.abs(ours.array - wide).max(initial=0.0)
        largest = np.abs(wide).max(initial=0.0)
    least = ROUNDING[ours.dtype]
    share = SPREAD * float(noise) / float(largest) if largest else 0.0
    bound = min(max(share, least), CAP * least) if math.isfinite(share) else least
    return replace(settings, rounding={ours.dtype: bound})


def _saved(caught: Mapping[Side, Optional[Inputs]], folder: Path) -> str:
    """The file with the inputs of both sides, under names such as ``torch.in[0]``."""
    arrays = {}
    for side, inputs in caught.items():
        if inputs is not None:
            named = zip(paths(inputs.tree, "in"), inputs.values, strict=True)
            arrays.update({f"{side}.{name}": value.array for name, value in named})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "first_divergence_inputs.npz"
    np.savez(path, **arrays)
    return str(path)
