"""One case from beginning to end: build, randomise, convert, convert back, run, compare."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Optional, Union

import numpy as np

from apimap.composed import is_composed
from apimap.errors import Unsupported
from apimap.frameworks import framework
from apimap.frameworks.record import Value
from apimap.parity.arguments import make
from apimap.parity.cases import Case
from apimap.parity.compare import Tolerance, Verdict
from apimap.parity.measure import Settings, measure, runner
from apimap.parity.pairing import Layers, pair_tensors
from apimap.parity.report import ParityReport, Row
from apimap.parity.round_trip import Seen, convert, flag_lost
from apimap.schema import Parity, Side, other
from apimap.tensors import FLOATING
from apimap.weights import filled

State = Union[Verdict, Literal["refused", "rejected"]]
NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class CaseResult:
    """What became of a case.

    ``refused``: apimap raised ``Unsupported``, for ``reason``. ``rejected``: the source framework
    itself does not take these arguments or inputs, so there is nothing to compare. ``route`` says
    whether the converted layer is native or composed.
    """

    case: Case
    state: State
    reason: str = ""
    route: str = ""
    report: ParityReport = ParityReport(())

    @property
    def ok(self) -> bool:
        return self.state != "differs"

    def __str__(self) -> str:
        head = f"{self.state}: {self.case}"
        if self.state in ("refused", "rejected"):
            return f"{head}\n  because: {self.reason}"
        return f"{self.report}"


def run_case(case: Case, seen: Optional[Seen] = None) -> CaseResult:
    """Execute one case.

    The converted layer must agree in outputs, gradients and buffers, and convert back to the same
    class, text, flags and bits. A sweep says with ``seen`` what went back before with another
    input.
    """
    try:
        source = build_source(case)
    except Exception as error:  # the framework's own verdict on an argument set
        return CaseResult(case, "rejected", f"{type(error).__name__}: {error}")
    try:
        converted = convert(source, other(case.source), case.entry.flavor)
    except Exception as error:  # a bug of apimap is a finding of this case
        return _unconverted(case, source, error)
    problems = flag_lost(source, converted, case.source)
    problems += (seen or Seen()).lost(case, bool(_frozen(case)), source, converted)
    layers: Layers = {case.source: source, other(case.source): converted}
    pairing = pair_tensors(layers["torch"], layers["mindspore"])
    found = measure(layers, case.draw_inputs(), pairing, settings_of(case), tree=case.tree)
    if case.source in found.raised:
        return CaseResult(case, "rejected", str(found.raised[case.source]))
    report = _report(case, [*problems, *found.problems], found.rows)
    route = "composed" if is_composed(converted) else "native"
    return CaseResult(case, report.verdict, "", route, report)


def build_source(case: Case) -> Any:
    """The case's source layer, with random tensors in the case's dtype and its training flag."""
    side = framework(case.source)
    kwargs = dict(case.kwargs)
    if any(isinstance(value, (tuple, Mapping)) for value in kwargs.values()):
        generator = np.random.default_rng((case.seed, 3))
        kwargs = {k: make(v, case.source, generator, case.dtype) for k, v in kwargs.items()}
    layer = side.build(case.api, kwargs)
    given = {name for name, value in kwargs.items() if side.is_tensor(value)}
    randomise(layer, case.source, case.seed, case.dtype, _frozen(case), given)
    side.finish(layer)
    side.set_training(layer, case.mode == "train")
    return layer


def _frozen(case: Case) -> dict[str, str]:
    """Tensors that only the source owns without using them, and what they are filled with.

    Every other such layer has random values there, as one has whose owner froze it.
    """
    return {
        str(tensor.name(case.source)): tensor.fill
        for tensor in case.entry.tensors
        if tensor.fill and case.kwargs.get(tensor.if_ or "") is False and case.seed % 2
    }


def randomise(
    layer: Any,
    side: Side,
    seed: int,
    dtype: str,
    frozen: Mapping[str, str] = NONE,
    given: Collection[str] = (),
) -> None:
    """Give every tensor random values; floating ones take the dtype.

    Variances are positive, and small enough for an epsilon to be seen. Those that are
    ``frozen`` are filled with ones or zeros, those that are ``given`` stay as they are.
    """
    speaker = framework(side)
    slots = speaker.slots(layer)
    if not slots:
        return
    generator = np.random.default_rng((seed, 2))
    trainable, device = runner(side).trainable(layer), speaker.use_device(None)
    for name, slot in slots.items():
        if name in given:
            continue
        if name in frozen:
            value = Value.of(filled(slot.shape, "float64", frozen[name]), dtype)
        elif slot.dtype in FLOATING:
            value = Value.of(_floats(name, slot.shape, generator), dtype)
        else:
            value = Value.of(
                generator.integers(0, 2 if slot.dtype == "bool" else 9, slot.shape), slot.dtype
            )
        tensor = speaker.plain_tensor(value.stored.copy(), value.dtype, device)
        speaker.fill(layer, name, tensor, trainable=name in trainable)


def _floats(name: str, shape: tuple[int, ...], generator: np.random.Generator) -> Any:
    if "var" in name.rpartition(".")[2]:
        return 10.0 ** generator.uniform(-2.5, 0.5, shape)
    return generator.standard_normal(shape) / math.sqrt(max(math.prod(shape[1:]), 1))


def settings_of(case: Case) -> Settings:
    """How the case is run and judged: the entry's own bounds where it states some."""
    spec = case.entry.parity or Parity()
    tolerances = {k: Tolerance(**v) for k, v in spec.tolerance.items() if k in FLOATING}
    rounding = {k: float(v) for k, v in spec.rounding.items() if k in FLOATING}
    return Settings(case.seed, spec.gradients, case.jit, case.source, tolerances, rounding)


def _unconverted(case: Case, source: Any, error: Exception) -> CaseResult:
    """An error of apimap counts only where the framework itself can run the case."""
    try:
        runner(case.source).run(source, case.draw_inputs(), tree=case.tree)
    except Exception as rejection:  # the framework's own verdict on an input
        return CaseResult(case, "rejected", f"{type(rejection).__name__}: {rejection}")
    if isinstance(error, Unsupported) and error.because.strip():
        return CaseResult(case, "refused", error.because)
    report = _report(case, [f"the conversion raised {type(error).__name__}: {error}"])
    return CaseResult(case, report.verdict, report=report)


def _report(case: Case, problems: Sequence[str], rows: Sequence[Row] = ()) -> ParityReport:
    return ParityReport(tuple(rows), tuple(problems), case.seed, case.id, case.source)
