"""Parity of what is random: masks, slopes and initial values, by tests of their distributions.

Every report keeps its false alarms below ``FALSE_ALARM``: that is shared out between its tests,
whose p-values are exact or bounded from above. What it would find is stated as ``power``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from apimap.errors import InvalidCall
from apimap.frameworks import framework
from apimap.frameworks.record import Value
from apimap.parity.distributions import (
    FALSE_ALARM,
    POWER,
    StatisticsReport,
    Trial,
    detectable,
    distance_power,
    fits,
    independence,
    keep_rate,
    same_distribution,
    uniform,
)
from apimap.parity.measure import runner
from apimap.parity.pairing import pair_tensors
from apimap.parity.sides import side_of
from apimap.schema import SIDES, TITLES, Side
from apimap.tensors import Array

ULPS = 4


@dataclass(frozen=True)
class Law:
    """What a dropout layer makes of an element: ``scale * x + shift``, or ``dropped``."""

    p: float
    scale: float
    shift: float = 0.0
    dropped: float = 0.0

    @classmethod
    def dropout(cls, p: float) -> Law:
        """Dropout, Dropout1d to Dropout3d."""
        return cls(p, 1.0 / (1.0 - p) if p < 1 else 0.0)

    @classmethod
    def alpha_dropout(cls, p: float) -> Law:
        """AlphaDropout and FeatureAlphaDropout, which keep mean and variance."""
        low = -1.7580993408473766
        a = (1.0 - p) ** -0.5 * (1.0 + p * low * low) ** -0.5
        return cls(p, a, -a * low * p, a * low * (1.0 - p))


def dropout_parity(
    a: Any,
    b: Any,
    law: Law,
    *,
    shape: Sequence[int] = (64, 16, 12, 12),
    channels: int = 0,
) -> StatisticsReport:
    """Both layers in training follow the law: rate, values, and a mask without memory.

    Args:
        a, b: one dropout layer of each framework, in either order. Their training flags are kept.
        law: what they should do, as ``Law.dropout(0.3)``.
        shape: the input's, which sets the power.
        channels: how many leading axes share one draw with all behind them: 2 for Dropout2d, whose
            mask drops whole channels of each sample; 0 where each element is drawn alone.

    >>> import torch
    >>> from mindspore import nn
    >>> dropout_parity(torch.nn.Dropout(0.3), nn.Dropout(p=0.3), Law.dropout(0.3)).ok
    True
    """
    trials = [trial for layer in (a, b) for trial in _dropout(layer, law, tuple(shape), channels)]
    drawn = int(np.prod(shape[:channels] if channels else shape))
    level = FALSE_ALARM / len(trials)
    off = detectable(drawn, 1.0 - law.p, level)
    power = f"a keep rate off by {off:.4f} is found with probability {POWER}, from {drawn} draws"
    return StatisticsReport.of(f"dropout with p = {law.p}", trials, power)


def _dropout(layer: Any, law: Law, shape: tuple[int, ...], channels: int) -> Iterator[Trial]:
    side = _known(layer)
    x = np.random.default_rng().uniform(1.0, 2.0, shape).astype(np.float32)
    runs = [_in_training(side, layer, x) for _ in range(2)]
    masks = []
    for y in runs:
        kept, test = _values(y, x, law, TITLES[side])
        yield test
        if channels:
            kept, test = whole_channels(kept, channels, TITLES[side])
            yield test
        masks.append(kept)
    yield keep_rate(masks[0], 1.0 - law.p, TITLES[side])
    yield from independence(masks[0], masks[1], 1.0 - law.p, TITLES[side])


def _known(layer: Any) -> Side:
    side = side_of(layer)
    if side is None:
        raise InvalidCall("takes layers, not functions", hint="wrap the function in a layer")
    return side


def _in_training(side: Side, layer: Any, x: Array) -> Array:
    was = framework(side).is_training(layer)
    try:
        run = runner(side).run(layer, [Value.of(x)], training=True)
    finally:
        framework(side).set_training(layer, was)
    found: Array = run.outputs[0].array
    return found


def _values(y: Array, x: Array, law: Law, title: str) -> tuple[Array, Trial]:
    """The mask, and whether each value is one of the two that the law has for it."""
    kept = law.scale * x.astype(np.float64) + law.shift
    is_kept = np.abs(y - kept) <= ULPS * np.spacing(np.float32(np.abs(kept).max()))
    is_dropped = np.abs(y - law.dropped) <= ULPS * np.spacing(np.float32(abs(law.dropped)))
    neither = ~(is_kept | is_dropped)
    odd = int(np.count_nonzero(neither))
    where = f", as {y[neither][0]!r}" if odd else ""
    detail = f"{odd} of {y.size} values are neither {law.scale:.4g} x + {law.shift:.4g} nor "
    name = f"values of {title}"
    return is_kept & ~is_dropped, Trial(name, float(not odd), f"{detail}{law.dropped:.4g}{where}")


def whole_channels(kept: Array, channels: int, title: str = "") -> tuple[Array, Trial]:
    """One value for each channel, and whether each is kept or dropped as a whole."""
    flat = kept.reshape(*kept.shape[:channels], -1)
    torn = int(np.count_nonzero(flat.any(-1) & ~flat.all(-1)))
    count = int(np.prod(flat.shape[:-1]))
    detail = f"{torn} of {count} channels are dropped in part"
    return flat.all(-1), Trial(f"whole channels of {title}", float(not torn), detail)


def slope_parity(
    a: Any, b: Any, lower: float, upper: float, *, shape: Sequence[int] = (64, 512)
) -> StatisticsReport:
    """Both RReLU layers in training draw the slope of each negative element uniformly."""
    trials = [t for layer in (a, b) for t in _slopes(layer, lower, upper, tuple(shape))]
    count = int(np.prod(shape))
    power = distance_power(count, None, FALSE_ALARM / len(trials))
    return StatisticsReport.of(f"slopes in [{lower}, {upper}]", trials, power)


def _slopes(layer: Any, lower: float, upper: float, shape: tuple[int, ...]) -> Iterator[Trial]:
    side = _known(layer)
    x = np.random.default_rng().uniform(1.0, 2.0, shape).astype(np.float32)
    same = int(np.count_nonzero(_in_training(side, layer, x) != x))
    yield Trial(f"positive values of {TITLES[side]}", float(not same), f"{same} of {x.size} change")
    first, second = (_in_training(side, layer, -x) / -x.astype(np.float64) for _ in range(2))
    yield fits(first, uniform(lower, upper), f"slopes of {TITLES[side]}")
    middle = (lower + upper) / 2
    yield from independence(first > middle, second > middle, 0.5, TITLES[side])


def initial_value_parity(
    make_torch: Callable[[], Any],
    make_mindspore: Callable[[], Any],
    *,
    builds: int = 8,
    laws: Optional[dict[str, Any]] = None,
) -> StatisticsReport:
    """Freshly built layers of both sides start from the same distributions.

    Args:
        make_torch, make_mindspore: build a layer; each is called ``builds`` times.
        laws: by PyTorch's tensor name, the distribution of ``scipy.stats`` that both must fit.
            Where none is given, the two sides are compared with each other.

    >>> import torch
    >>> from mindspore import nn
    >>> report = initial_value_parity(lambda: torch.nn.Linear(64, 64), lambda: nn.Dense(64, 64))
    >>> report.ok
    True
    """
    made: dict[Side, list[Any]] = {
        "torch": [make_torch() for _ in range(builds)],
        "mindspore": [make_mindspore() for _ in range(builds)],
    }
    trials: list[Trial] = []
    smallest = 0
    for pair in pair_tensors(made["torch"][0], made["mindspore"][0]).pairs:
        held = {side: _held(side, made[side], pair.name(side)) for side in SIDES}
        if held["torch"].dtype.kind == "f":
            trials += _initial(pair.torch, held, (laws or {}).get(pair.torch))
            smallest = min(smallest or held["torch"].size, held["torch"].size)
    power = distance_power(smallest, smallest, FALSE_ALARM / max(1, len(trials)))
    return StatisticsReport.of("initial values", trials, power)


def _held(side: Side, layers: Sequence[Any], name: str) -> Array:
    views = [framework(side).tensors(layer)[name] for layer in layers]
    return np.stack([Value.of_view(view).array.astype(np.float64) for view in views])


def _initial(name: str, held: dict[Side, Array], law: Any) -> Iterator[Trial]:
    if law is None:
        yield same_distribution(held["torch"], held["mindspore"], f"{name}, both sides")
    else:
        for side in SIDES:
            yield fits(held[side], law, f"{name} of {TITLES[side]}")
    for side in SIDES:
        values = held[side]
        if np.ptp(values) > 0 and len(values) > 1:
            again = bool((values[0] == values[1]).all())
            detail = "two builds have the same values" if again else "each build draws anew"
            yield Trial(f"{name} of {TITLES[side]}, build by build", float(not again), detail)
