"""Cases that no mapping file lists: arguments, shapes, dtypes and values drawn by hypothesis.

What an entry's ``args``, ``vary`` and ``inputs`` say is widened by kind: integers around those
given, halves and doubles of numbers, either boolean, one word for another, sizes from 0 up.
What the source framework itself rejects is no case. MindSpore 2.10's own layers take empty inputs
and then crash (Dense in float64) or return what was in memory, so none are drawn for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Optional

from hypothesis import HealthCheck, Verbosity, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from apimap import signatures
from apimap.parity.cases import Case, Direction, dtypes, tuples
from apimap.parity.specs import InputSpec, Spec, inputs_of
from apimap.parity.styles import SPECIAL, STYLES
from apimap.schema import CaseSource, Entry, Parity, Same, Side

LEFT_OUT = object()
ABOUT_SPECIALS = re.compile(r"\b(NaN|inf|infinite|infinity)\b", re.IGNORECASE)
Values = st.SearchStrategy[Any]


def smallest(
    strategy: st.SearchStrategy[Case],
    condition: Callable[[Case], bool],
    *,
    max_examples: int,
    seed: int = 0,
) -> Optional[Case]:
    """The smallest case for which the condition holds, None where none was drawn."""
    options = settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(strategy, condition, settings=options, random=Random(seed))
    except HypothesisException:  # nothing found, or a result that is not the same twice
        return None


def cases(
    entry: Entry,
    direction: Direction,
    *,
    seed: int = 0,
    dtype: Optional[str] = None,
    plain: bool = False,
) -> st.SearchStrategy[Case]:
    """Cases of an entry in one direction, eagerly run; ``seed`` is the sweep's.

    ``dtype`` is the only one that is drawn. ``plain`` widens the arguments only: inputs are the
    entry's own, in float32.
    """
    source = source_of(entry, direction)
    if source is None:
        return st.nothing()
    spec = entry.parity or Parity()
    inputs = [inputs_of(item) for item in source.inputs]
    side: Side = "torch" if direction == "to_mindspore" else "mindspore"
    strategies = dict(arguments(entry, side, source))
    known = dtypes(entry) if dtype is None else [dtype]
    least = 0 if side == "torch" else 1

    @st.composite
    def drawn(draw: Any) -> Case:
        sizes = {} if plain else _sizes(draw, source)
        kwargs = {name: draw(strategy) for name, strategy in strategies.items()}
        for name in source.args:
            if isinstance(kwargs[name], int):
                kwargs[name] = sizes.get(kwargs[name], kwargs[name])
        kwargs = {name: value for name, value in kwargs.items() if value is not LEFT_OUT}
        specs, chosen = draw(st.sampled_from(inputs)), "float32"
        if not plain:
            chosen = draw(st.sampled_from(known))
            style = draw(st.sampled_from(styles(entry)))
            specs = tuple(_resized(draw, each, sizes, style, least) for each in specs)
        mode = draw(st.sampled_from(spec.modes))
        return Case(entry, direction, kwargs, specs, chosen, mode, False, seed)

    return drawn()


def _sizes(draw: Any, source: CaseSource) -> dict[Any, int]:
    """Another size for each that the entry's cases fix, since axes of the input go with it."""
    given = [value for value in source.args.values() if type(value) is int and value > 1]
    return {value: draw(_near(value)) for value in given}


def source_of(entry: Entry, direction: Direction) -> Optional[CaseSource]:
    """What the entry's parity section says of a direction."""
    side = "torch" if direction == "to_mindspore" else "mindspore"
    return getattr(entry.parity, side, None)


def styles(entry: Entry) -> tuple[str, ...]:
    """All, but infinities and NaN where a trap of the entry is about them."""
    told = any(ABOUT_SPECIALS.search(trap) for trap in entry.traps)
    return tuple(style for style in STYLES if not (told and style == SPECIAL))


def _resized(draw: Any, spec: Spec, sizes: Mapping[Any, int], style: str, least: int) -> Spec:
    """Axes as long as an argument follow it, all others take any length."""
    if isinstance(spec, tuple):
        return tuple(_resized(draw, each, sizes, style, least) for each in spec)
    if not isinstance(spec, InputSpec):
        return spec
    shape = tuple(sizes[n] if n in sizes else draw(_length(n, least)) for n in spec.shape)
    return replace(spec, shape=shape, style=style)


def _length(given: int, least: int) -> Values:
    lengths = (given, given, given, 1, min(given, least))
    return st.one_of(st.sampled_from(lengths), st.integers(2, given + 4))


def _near(size: int) -> Values:
    return st.one_of(st.just(size), st.just(2 * size), st.integers(1, 2 * size))


def arguments(entry: Entry, side: Side, source: CaseSource) -> Iterator[tuple[str, Values]]:
    """A strategy for each parameter that counts: those given are widened, others by default."""
    idle = _idle(entry, side)
    for name, parameter in signatures.signature(entry.api(side)).parameters.items():
        default = parameter.default
        if name in source.args:
            yield name, st.just(tuples(source.args[name]))
        elif name in source.vary:
            given = [tuples(value) for value in source.vary[name]]
            yield name, _widened(given, default)
        elif name not in idle and isinstance(default, (bool, int, float)):
            yield name, _widened([default], default)


def _idle(entry: Entry, side: Side) -> set[str]:
    """Parameters that change no returned value."""
    ignored = {
        name
        for param in entry.params
        if not isinstance(param, Same) and getattr(param, "ignored", False)
        for name in param.names(side)
    }
    return ignored | entry.construction(side)


def _widened(given: Sequence[Any], default: Any) -> Values:
    """Hypothesis shrinks towards the first: left out, then as given, then others of the kind."""
    options: list[Values] = [st.sampled_from(list(given))]
    if default is not signatures.EMPTY:
        is_given = any(signatures.same_value(default, value) for value in given)
        options.insert(0 if is_given else 1, st.just(LEFT_OUT))
    kinds = {type(value) for value in given}
    if bool in kinds:
        options.append(st.booleans())
    whole = [value for value in given if type(value) is int]
    if whole:
        options.append(_integers(whole))
    numbers = [value for value in given if type(value) is float]
    if numbers:
        options.append(st.sampled_from([v * by for v in numbers for by in (0.5, 2.0)]))
    lengths = {len(value) for value in given if _is_sizes(value)}
    inner = [n for value in given if _is_sizes(value) for n in value if type(n) is int]
    for length in sorted(lengths - {0}):
        options.append(st.tuples(*[_integers([*inner, *whole])] * length))
    return st.one_of(options)


def _is_sizes(value: Any) -> bool:
    return isinstance(value, tuple) and any(type(item) is int for item in value)


def _integers(given: Sequence[int]) -> Values:
    low = min(given) - 1
    return st.integers(low if min(given) < 0 else max(low, 0), max(given) + 2)
