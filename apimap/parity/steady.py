"""Whether a side computes the same when it runs again."""

from __future__ import annotations

from apimap.frameworks.nest import paths
from apimap.frameworks.record import Run
from apimap.parity.compare import compare
from apimap.parity.inputs import Inputs
from apimap.parity.measure import Measurement, Settings, attempt
from apimap.parity.pairing import Layers
from apimap.schema import SIDES, TITLES

WHAT_TO_DO = (
    "such a model cannot be compared value for value: switch the randomness off (modes=['eval'], "
    "p=0), or compare distributions with apimap.parity.statistics"
)


def unsteady(layers: Layers, inputs: Inputs, found: Measurement, settings: Settings) -> list[str]:
    """Run each side that went through once more, and name the outputs that are not the same.

    Within the tolerance, since some kernels add up in an order of their own each time.
    """
    problems = []
    for side in SIDES:
        first = found.runs.get(side)
        if first is None:
            continue
        second = attempt(side, layers[side], inputs.values, None, settings, inputs.tree)
        if isinstance(second, Exception):
            problems.append(f"{TITLES[side]} raised only when it ran again: {second}")
            continue
        names = _moved(first, second, settings)
        if names:
            text = f"{TITLES[side]} gives another {', '.join(names)} when it runs again"
            problems.append(f"{text} (random, or it keeps a state); {WHAT_TO_DO}")
    return problems


def _moved(first: Run, second: Run, settings: Settings) -> list[str]:
    names = list(paths(first.tree, "out"))
    if names != list(paths(second.tree, "out")):
        return ["structure of out"]
    return [
        name
        for name, a, b in zip(names, first.outputs, second.outputs, strict=True)
        if compare(a, b, tolerance=settings.tolerances.get(b.dtype)).verdict == "differs"
    ]
