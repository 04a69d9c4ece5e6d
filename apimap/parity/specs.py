"""What a parity case's inputs are drawn from, and the text of it in the case's id."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Union

import numpy as np

from apimap.errors import InvalidCall
from apimap.frameworks.record import Value
from apimap.parity.styles import styled

INPUT = re.compile(
    r"(?P<shape>scalar|\d+(?:x\d+)*)(?P<bool>bool)?(?:below(?P<below>\d+))?"
    r"(?:between(?P<low>[^:]+):(?P<high>[^~]+?))?(?:as(?P<dtype>\w+?))?(?:~(?P<style>\w+))?"
)
GIVEN = re.compile(r"=(?P<value>[^=]*?)(?:as(?P<dtype>\w+))?")


@dataclass(frozen=True)
class InputSpec:
    """What one input is drawn from: normal, uniform ``between``, integers ``below``, or booleans.

    ``style`` is one of ``STYLES``: what is done to normal values, or that the memory is strided.
    """

    shape: tuple[int, ...]
    below: Optional[int] = None
    between: Optional[tuple[float, float]] = None
    dtype: Optional[str] = None
    style: str = ""
    boolean: bool = False

    def __str__(self) -> str:
        text = "x".join(map(str, self.shape)) or "scalar"
        text += "bool" if self.boolean else ""
        text += "" if self.below is None else f"below{self.below}"
        text += "" if self.between is None else f"between{self.between[0]}:{self.between[1]}"
        text += f"as{self.dtype}" if self.dtype else ""
        return f"{text}~{self.style}" if self.style else text

    def draw(self, generator: np.random.Generator, dtype: str) -> Value:
        """A random input.

        Rows and columns of normal inputs have scales of their own, so that some variances are
        as small as the epsilons that normalisations add to them.
        """
        if self.boolean:
            return styled(generator.integers(0, 2, self.shape) > 0, "bool", "", generator)
        if self.below is not None:
            whole = generator.integers(0, self.below, self.shape)
            return styled(whole, self.dtype or "int64", self.style, generator)
        if self.between is not None:
            return Value.of(generator.uniform(*self.between, self.shape), self.dtype or dtype)
        array = generator.standard_normal(self.shape)
        for axis in range(min(2, array.ndim)):
            scales = 10.0 ** generator.uniform(-1.0, 0.5, self.shape[axis])
            array *= scales.reshape([-1 if i == axis else 1 for i in range(array.ndim)])
        return styled(array, self.dtype or dtype, self.style, generator)


@dataclass(frozen=True)
class Given:
    """An input that is said and not drawn: an array where it has a dtype, else passed as it is."""

    json: str
    dtype: Optional[str] = None

    def __str__(self) -> str:
        return f"={self.json}as{self.dtype}" if self.dtype else f"={self.json}"

    def draw(self, generator: np.random.Generator, dtype: str) -> Any:
        """The array or value."""
        del generator
        value = json.loads(self.json)
        if self.dtype is None:
            return tuple(value) if isinstance(value, list) else value
        return Value.of(np.array(value), dtype if self.dtype == "float" else self.dtype)


Spec = Union[InputSpec, Given, tuple["Spec", ...]]


def spec_of(said: Any) -> Spec:
    """From a mapping file: a shape, or a mapping that says what the input is."""
    if not isinstance(said, Mapping):
        return InputSpec(tuple(said))
    if "tuple" in said:
        return tuple(spec_of(each) for each in said["tuple"])
    if "value" in said or "array" in said:
        dtype = said.get("dtype", "float") if "array" in said else None
        value = said["array"] if "array" in said else said["value"]
        return Given(json.dumps(value, separators=(",", ":")), dtype)
    between = said.get("between")
    bounds = None if between is None else (float(between[0]), float(between[1]))
    kinds = said.get("below"), bounds, said.get("dtype"), said.get("style", "")
    return InputSpec(tuple(said["shape"]), *kinds, boolean=said.get("bool", False))


def inputs_of(said: Any) -> tuple[Spec, ...]:
    """One input, or one for each name of a mapping."""
    if isinstance(said, Mapping) and not {"shape", "tuple", "value", "array"} & said.keys():
        return tuple(spec_of(each) for each in said.values())
    return (spec_of(said),)


def draw(specs: Sequence[Spec], generator: np.random.Generator, dtype: str) -> tuple[Any, ...]:
    """Every input, nested as the specs are; floating ones have the dtype where none is said."""
    return tuple(
        draw(spec, generator, dtype) if isinstance(spec, tuple) else spec.draw(generator, dtype)
        for spec in specs
    )


def text_of(specs: Sequence[Spec]) -> str:
    """The inputs as a case's id shows them.

    >>> text_of((InputSpec((2, 3)), (InputSpec((4,), below=7), Given("null"))))
    '2x3+[4below7+=null]'
    """
    parts = (f"[{text_of(s)}]" if isinstance(s, tuple) else str(s) for s in specs)
    return "+".join(parts)


def parse_inputs(text: str) -> tuple[Spec, ...]:
    """The inputs that a case's id shows.

    Raises ``InvalidCall`` for a text that is none.

    >>> parse_inputs("3x4below7~strided")
    (InputSpec(shape=(3, 4), below=7, between=None, dtype=None, style='strided', boolean=False),)
    """
    return tuple(_parse(part) for part in _parts(text)) if text else ()


def _parts(text: str) -> Iterator[str]:
    """Between the plus signs that stand in no brackets."""
    depth, start = 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "[{") - (letter in "]}")
        if letter == "+" and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _parse(text: str) -> Spec:
    if text.startswith("[") and text.endswith("]"):
        return parse_inputs(text[1:-1])
    given = GIVEN.fullmatch(text)
    if given is not None:
        return Given(given["value"], given["dtype"])
    found = INPUT.fullmatch(text)
    if found is None:
        raise InvalidCall("no input of a parity case", where=text, hint="as in 2x4x7")
    shape = () if found["shape"] == "scalar" else tuple(map(int, found["shape"].split("x")))
    below = None if found["below"] is None else int(found["below"])
    between = None if found["low"] is None else (float(found["low"]), float(found["high"]))
    kinds = below, between, found["dtype"], found["style"] or ""
    return InputSpec(shape, *kinds, boolean=bool(found["bool"]))
