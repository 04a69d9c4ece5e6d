"""How numbers are written for people."""

from __future__ import annotations

import math

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(decade: int) -> str:
    """A power of ten.

    >>> power(-3), power(0), power(1)
    ('10⁻³', '1', '10')
    """
    near = {-1: "0.1", 0: "1", 1: "10", 2: "100"}
    return near.get(decade) or f"10{str(decade).translate(SUPERSCRIPTS)}"


def times(share: float) -> str:
    """A share of the tolerance.

    >>> times(412.3), times(0.0123), times(3e9), times(float("inf"))
    ('412×', '0.0123×', '3.0e+09×', '∞')
    """
    if math.isinf(share):
        return "∞"
    if not share:
        return "0×"
    if share >= 1e6 or share < 1e-4:
        return f"{share:.1e}×"
    return f"{float(f'{share:.3g}'):,.0f}×" if share >= 100 else f"{share:.3g}×"


def duration(seconds: float) -> str:
    """A time span.

    >>> duration(0.0123), duration(12.34), duration(754), duration(7300)
    ('12 ms', '12.3 s', '12 min 34 s', '2 h 1 min')
    """
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
