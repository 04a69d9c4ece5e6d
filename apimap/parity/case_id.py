"""The text of a case's id back to the case, so that one line reproduces a failure."""

from __future__ import annotations

import re
from typing import Any, Optional

from apimap.errors import ApimapError, InvalidCall
from apimap.parity.cases import Case
from apimap.parity.specs import parse_inputs
from apimap.parse import parse_call
from apimap.schema import Entry
from apimap.translate import required

PARTS = re.compile(
    r"(?P<direction>to_torch|to_mindspore)-(?P<call>.*\))-in(?P<inputs>[^()]*)"
    r"-(?P<dtype>\w+)-(?P<mode>train|eval)-(?P<runs>jit|eager)"
)
EXAMPLE = "copy the whole id, as in 'to_mindspore-Linear(4, 3)-in2x4-float32-train-eager'"


def parse_case(entry: Entry, text: str, *, seed: int = 0) -> Case:
    """The case of this id. ``seed`` is the sweep's.

    Raises ``InvalidCall`` for a text that is no id, or of another entry.
    """
    found = PARTS.fullmatch(text.strip())
    if found is None:
        raise InvalidCall("not the id of a parity case", where=text, hint=EXAMPLE)
    part = found.groupdict()
    direction: Any = part["direction"]
    mode: Any = part["mode"]
    inputs = parse_inputs(part["inputs"])
    blank = Case(entry, direction, {}, inputs, part["dtype"], mode, part["runs"] == "jit")
    kwargs = _kwargs(part["call"], blank)
    case = Case(entry, direction, kwargs, inputs, blank.dtype, blank.mode, blank.jit, seed)
    if case.id != text.strip():
        raise InvalidCall(f"reads as {case.id}", where=text, hint=EXAMPLE)
    return case


def find_case(entries: list[Entry], text: str, *, seed: int = 0) -> Case:
    """The case of this id, of the only one of these entries that it fits."""
    error: Optional[ApimapError] = None
    for entry in entries:
        try:
            return parse_case(entry, text, seed=seed)
        except ApimapError as problem:
            error = error or problem
    raise error or InvalidCall("no entry to look in", where=text)


def _kwargs(call: str, case: Case) -> dict[str, Any]:
    """In the order of the text, on which the id and thereby the seed depend."""
    name = call.partition("(")[0]
    full = call if name == case.api else f"{case.source}.nn.{call}"
    api, args, kwargs = parse_call(full)
    if api != case.api:
        raise InvalidCall(f"is a case of {api}, not of {case.api}", where=call)
    return {**dict(zip(required(api), args, strict=False)), **kwargs}
