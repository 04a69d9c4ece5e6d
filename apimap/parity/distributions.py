"""Tests of distributions whose false alarms are bounded, and what they would find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from scipy import stats

from apimap.errors import ParityError
from apimap.tensors import Array

FALSE_ALARM = 1e-6
"""How often a report on two sides that agree may say that they differ."""
POWER = 0.999


@dataclass(frozen=True)
class Trial:
    """One hypothesis; ``p_value`` is 0 or 1 where a rule holds exactly or not at all."""

    name: str
    p_value: float
    detail: str = ""
    level: float = FALSE_ALARM

    @property
    def ok(self) -> bool:
        return self.p_value >= self.level

    def __str__(self) -> str:
        word = "fits" if self.ok else "differs"
        return f"{word:<8}  {self.name}: {self.detail} (p = {self.p_value:.2g})"


@dataclass(frozen=True)
class StatisticsReport:
    """All trials of one run; ``ok`` where none differs."""

    subject: str
    trials: tuple[Trial, ...]
    power: str = ""

    @classmethod
    def of(cls, subject: str, trials: Sequence[Trial], power: str = "") -> StatisticsReport:
        """Shares the false-alarm rate out between the trials."""
        level = FALSE_ALARM / max(1, len(trials))
        shared = tuple(Trial(test.name, test.p_value, test.detail, level) for test in trials)
        return cls(subject, shared, power)

    @property
    def ok(self) -> bool:
        return all(test.ok for test in self.trials)

    def __str__(self) -> str:
        lines = [f"{'fits' if self.ok else 'differs'}: {self.subject}"]
        lines += [f"  {test}" for test in sorted(self.trials, key=lambda test: test.ok)]
        lines.append(f"  false alarms: at most {FALSE_ALARM:g} a run")
        return "\n".join([*lines, f"  power: {self.power}"] if self.power else lines)

    def require(self) -> None:
        """Raise ``ParityError`` with the whole text where a test differs."""
        if not self.ok:
            raise ParityError(str(self))


def keep_rate(kept: Array, rate: float, title: str = "") -> Trial:
    """The number of kept elements is binomial."""
    count = int(np.count_nonzero(kept))
    detail = f"{count / kept.size:.5f} of {kept.size} are kept, {rate:.5f} expected"
    return Trial(f"keep rate of {title}", binomial(count, kept.size, rate), detail)


def independence(first: Array, second: Array, rate: float, title: str = "") -> Iterator[Trial]:
    """Neighbours along each axis, and the same place in two runs, agree as often as by chance."""
    chance = rate**2 + (1.0 - rate) ** 2
    for axis in range(first.ndim):
        half = first.shape[axis] // 2
        if half:
            even = np.take(first, range(0, 2 * half, 2), axis)
            odd = np.take(first, range(1, 2 * half, 2), axis)
            yield _agreement(f"neighbours along axis {axis} of {title}", even, odd, chance)
    yield _agreement(f"two runs of {title}", first, second, chance)


def _agreement(name: str, a: Array, b: Array, chance: float) -> Trial:
    count = int(np.count_nonzero(a == b))
    detail = f"{count / a.size:.5f} of {a.size} agree, {chance:.5f} by chance"
    return Trial(name, binomial(count, a.size, chance), detail)


def binomial(count: int, size: int, rate: float) -> float:
    """The exact two-sided p-value of a count: twice the smaller tail.

    >>> binomial(0, 10, 0.5)
    0.001953125
    """
    rate = min(max(rate, 0.0), 1.0)
    tails = stats.binom.cdf(count, size, rate), stats.binom.sf(count - 1, size, rate)
    return float(min(1.0, 2.0 * min(tails)))


def power_of(size: int, rate: float, actual: float, level: float) -> float:
    """The exact probability that the binomial test finds that a rate is another."""
    low = stats.binom.ppf(level / 2, size, rate) - 1
    high = stats.binom.isf(level / 2, size, rate) + 1
    return float(stats.binom.cdf(low, size, actual) + stats.binom.sf(high - 1, size, actual))


def detectable(size: int, rate: float, level: float) -> float:
    """How far off a rate must be, either way, to be found with probability ``POWER``."""
    offsets = np.geomspace(1e-6, 1.0, 400)
    for off in offsets:
        shifted = [r for r in (rate - off, rate + off) if 0.0 <= r <= 1.0]
        if all(power_of(size, rate, r, level) >= POWER for r in shifted):
            return float(off)
    return 1.0


def uniform(lower: float, upper: float) -> Any:
    """The distribution of ``scipy.stats`` between two bounds."""
    return stats.uniform(lower, upper - lower)


def fits(values: Array, law: Any, name: str) -> Trial:
    """One-sample Kolmogorov-Smirnov: the values fit a distribution of ``scipy.stats``."""
    found = stats.kstest(np.ravel(values), law.cdf)
    detail = f"distance {found.statistic:.5f} from {np.size(values)} values"
    return Trial(name, float(found.pvalue), detail)


def same_distribution(a: Array, b: Array, name: str) -> Trial:
    """Two-sample Kolmogorov-Smirnov; two constants must be equal."""
    a, b = np.ravel(a), np.ravel(b)
    if a.size and b.size and np.ptp(a) == np.ptp(b) == 0:
        return Trial(name, float(a[0] == b[0]), f"all {a[0]:.6g} and all {b[0]:.6g}")
    found = stats.ks_2samp(a, b)
    detail = f"distance {found.statistic:.5f} of {a.size} and {b.size} values"
    return Trial(name, float(found.pvalue), detail)


def distance_power(first: int, second: Optional[int], level: float) -> str:
    """From the bounds of Dvoretzky, Kiefer, Wolfowitz and Massart."""
    if not first:
        return ""
    share = 1.0 / first + (1.0 / second if second else 0.0)
    found = np.sqrt(np.log(2.0 / level) / 2 * share)
    missed = np.sqrt(np.log(4.0 / (1.0 - POWER)) / 2)
    spread = missed * (first**-0.5 + (second**-0.5 if second else 0.0))
    text = f"distributions {found + spread:.3f} apart (largest distance of their distribution"
    return f"{text} functions) are told apart with probability {POWER}"
