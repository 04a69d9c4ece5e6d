"""The records that a sweep leaves behind, as ``schema.json`` publishes them."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Optional, Union, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from apimap.parity.compare import Verdict

State = Literal["differs", "crashed", "timeout", "rounding", "equal", "refused", "rejected"]
STATES: tuple[State, ...] = get_args(State)
"""Worst first. The first three are findings."""
FINDINGS: tuple[State, ...] = STATES[:3]


def _plain(value: Any) -> Any:
    """What JSON has no number for, as text: NaN, infinities, complex numbers."""
    is_odd = isinstance(value, float) and not math.isfinite(value)
    return str(value) if is_odd or isinstance(value, complex) else value


Number = Annotated[Union[float, Literal["nan", "inf", "-inf"]], BeforeValidator(_plain)]
Scalar = Annotated[Union[bool, int, float, str, None], BeforeValidator(_plain)]
Count = Annotated[int, Field(ge=0)]


class Record(BaseModel):
    """Frozen, and strict about keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class Bound(Record):
    """Equal means ``|actual - expected| <= atol + rtol * |expected|``."""

    rtol: float
    atol: float


class RowRecord(Record):
    """One compared output, gradient or buffer; index and values are of its worst element."""

    name: str
    dtype: str = ""
    verdict: Verdict
    max_abs: Number = 0.0
    max_rel: Number = 0.0
    share_out: Annotated[float, Field(ge=0, le=1, description="Share outside the tolerance.")] = 0.0
    index: Optional[tuple[int, ...]] = None
    actual: Scalar = None
    expected: Scalar = None
    reference: Annotated[Scalar, Field(description="The float64 value, where one was asked.")] = (
        None
    )
    tolerance: Bound
    mismatch: Annotated[str, Field(description="Why the arrays cannot be compared.")] = ""

    @property
    def tolerance_used(self) -> float:
        """The error as a share of what is allowed: above 1 is outside the tolerance.

        Exact at the worst element of what is outside. Within, only the largest errors of the
        whole array are known, and this is the most that any element can have used.
        """
        largest, relative = float(self.max_abs), float(self.max_rel)
        if self.mismatch or not math.isfinite(largest):
            return math.inf
        if not largest:
            return 0.0
        if self.verdict == "equal":
            share = self.tolerance.atol / largest
            share += self.tolerance.rtol / relative if relative else 0.0
            return min(1.0, 1 / share) if share else math.inf
        return self._at_worst()

    def _at_worst(self) -> float:
        numbers = (self.actual, self.expected)
        if not all(isinstance(number, (int, float)) for number in numbers):
            return math.inf
        actual, expected = (float(number) for number in numbers)  # type: ignore[arg-type]
        allowed = self.tolerance.atol + self.tolerance.rtol * abs(expected)
        return abs(actual - expected) / allowed if allowed else math.inf


class CaseRecord(Record):
    """One argument set, one input, one way to run.

    ``refused``: apimap says that it cannot convert, for ``reason``. ``rejected``: the framework
    that the case starts from takes no such arguments. ``crashed`` and ``timeout``: the process
    died or was ended; ``reason`` has the signal or the limit.
    """

    id: str
    torch: str
    mindspore: str
    direction: Literal["to_torch", "to_mindspore"]
    route: Literal["native", "composed", "hand-written", ""] = ""
    dtype: str
    mode: Literal["train", "eval", "both"]
    jit: bool
    state: State
    reason: str = ""
    seconds: Annotated[float, Field(ge=0)] = 0.0
    repro: Annotated[str, Field(description="A command line that runs this case again.")] = ""
    rows: tuple[RowRecord, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether this is no finding."""
        return self.state not in FINDINGS

    @property
    def tolerance_used(self) -> Optional[float]:
        """That of the worst row; None where no values were compared."""
        return max((row.tolerance_used for row in self.rows), default=None)


class LayerRecord(Record):
    """One submodule's output in a run of two whole models, in the order they ran."""

    name: str
    depth: Annotated[int, Field(ge=0, description="Position in the order of execution.")]
    verdict: Verdict
    max_abs: Number
    max_rel: Number
    tolerance: Bound


class DivergenceRecord(Record):
    """The first layer that differs. ``alone`` is the verdict where both get PyTorch's inputs."""

    name: str
    mindspore: Annotated[str, Field(description="What stands for it in MindSpore.")]
    detail: Annotated[str, Field(description="What differs, where, with both values.")]
    alone: Optional[Verdict] = None
    inputs: Annotated[str, Field(description="The .npz file with the inputs of both sides.")] = ""


class Totals(Record):
    """How many cases ended in which state."""

    cases: Count = 0
    equal: Count = 0
    rounding: Count = 0
    differs: Count = 0
    refused: Count = 0
    rejected: Count = 0
    crashed: Count = 0
    timeout: Count = 0


class Results(Record):
    """A parity sweep of apimap: what ran, where, and what it found."""

    format: Literal[1] = 1
    versions: dict[str, Optional[str]]
    device: str
    seed: int
    seconds: Annotated[float, Field(ge=0)]
    finished: Annotated[Optional[str], Field(description="When, in ISO 8601 and UTC.")] = None
    interrupted: Annotated[bool, Field(description="Whether the sweep was ended early.")] = False
    totals: Totals
    cases: tuple[CaseRecord, ...]
    layers: tuple[LayerRecord, ...] = ()
    first_divergence: Optional[DivergenceRecord] = None
    problems: Annotated[tuple[str, ...], Field(description="Sides of a model that stopped.")] = ()
    notes: Annotated[tuple[str, ...], Field(description="Layers that were not compared.")] = ()

    @property
    def ok(self) -> bool:
        """Whether no case is a finding, no layer differs and no model stopped."""
        differing = any(layer.verdict == "differs" for layer in self.layers)
        return not (differing or self.problems) and all(case.ok for case in self.cases)
