"""One case from beginning to end: build, randomise, convert, convert back, run, compare."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Union

import numpy as np

from apimap import layers as conversion
from apimap.composed import is_composed
from apimap.errors import Unsupported
from apimap.frameworks import framework
from apimap.frameworks.record import Value
from apimap.parity.arguments import make
from apimap.parity.cases import Case
from apimap.parity.compare import Tolerance, Verdict
from apimap.parity.measure import Settings, measure, runner
from apimap.parity.pairing import Layers, pair_tensors
from apimap.parity.report import ParityReport
from apimap.schema import Parity, Side, other
from apimap.tensors import FLOATING
from apimap.weights import filled

State = Union[Verdict, Literal["refused", "rejected"]]
NONE: Mapping[str, str] = {}
SOME_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


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


def run_case(case: Case) -> CaseResult:
    """Execute one case.

    The converted layer must agree in outputs, gradients and buffers, and convert back to the same
    class, text, flags and bits.
    """
    try:
        source = build_source(case)
    except Exception as error:  # the framework's own verdict on an argument set
        return CaseResult(case, "rejected", f"{type(error).__name__}: {error}")
    try:
        converted = convert(source, other(case.source))
    except Exception as error:  # a bug of apimap is a finding of this case
        return _unconverted(case, source, error)
    problems = list(_round_trip(source, converted, case.source))
    layers: Layers = {case.source: source, other(case.source): converted}
    pairing = pair_tensors(layers["torch"], layers["mindspore"])
    found = measure(layers, case.draw_inputs(), pairing, settings_of(case), tree=case.tree)
    if case.source in found.raised:
        return CaseResult(case, "rejected", str(found.raised[case.source]))
    result = _failed(case, [*problems, *found.problems])
    report = replace(result.report, rows=tuple(found.rows))
    route = "composed" if is_composed(converted) else "native"
    return CaseResult(case, report.verdict, "", route, report)


def build_source(case: Case) -> Any:
    """The case's source layer, with random tensors in the case's dtype and its training flag."""
    side = framework(case.source)
    generator = np.random.default_rng((case.seed, 3))
    kwargs = {k: make(v, case.source, generator, case.dtype) for k, v in case.kwargs.items()}
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
    generator = np.random.default_rng((seed, 2))
    trainable = runner(side).trainable(layer)
    for name, slot in speaker.slots(layer).items():
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
        made = speaker.new_tensor(
            name, value.stored.copy(), value.dtype, name in trainable, speaker.use_device(None)
        )
        speaker.set_tensor(layer, name, made)


def _floats(name: str, shape: tuple[int, ...], generator: np.random.Generator) -> Any:
    if "var" in name.rpartition(".")[2]:
        return 10.0 ** generator.uniform(-2.5, 0.5, shape)
    inner = np.prod(shape[1:]) if len(shape) > 1 else 1.0
    return generator.standard_normal(shape) / np.sqrt(max(inner, 1.0))


def convert(layer: Any, to: Side) -> Any:
    """``to_torch`` or ``to_mindspore``."""
    return conversion.to_torch(layer) if to == "torch" else conversion.to_mindspore(layer)


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
    return _failed(case, [f"the conversion raised {type(error).__name__}: {error}"])


def _failed(case: Case, problems: list[str]) -> CaseResult:
    report = ParityReport((), tuple(problems), case.seed, case.id, case.source)
    return CaseResult(case, report.verdict, report=report)


def _round_trip(source: Any, converted: Any, side: Side) -> Iterator[str]:
    """What the conversion or the way back lost."""
    speaker, target = framework(side), framework(other(side))
    if target.is_training(converted) != speaker.is_training(source):
        yield "the training flag was lost"
    try:
        back = convert(converted, side)
    except Exception as error:  # as above
        yield f"the way back raised {type(error).__name__}: {error}"
        return
    if speaker.api_of(type(back)) != speaker.api_of(type(source)):
        yield f"the way back gives {speaker.api_of(type(back))}"
    texts = [SOME_ADDRESS.sub("", repr(layer)) for layer in (source, back)]
    if texts[0] != texts[1]:
        yield f"the way back gives {texts[1]}, not {texts[0]}"
    if speaker.is_training(back) != speaker.is_training(source):
        yield "the way back loses the training flag"
    yield from _tensors_lost(speaker.tensors(source), speaker.tensors(back))


def _tensors_lost(source: Any, back: Any) -> Iterator[str]:
    if list(source) != list(back):
        yield f"the way back has tensors {list(back)}, not {list(source)}"
    for name, view in source.items():
        other_view = back.get(name)
        if other_view is None:
            continue
        if (view.dtype, view.trainable) != (other_view.dtype, other_view.trainable):
            yield f"the way back changes dtype or requires_grad of {name!r}"
        if view.array.tobytes() != other_view.array.tobytes():
            yield f"the way back changes bits of {name!r}"
        if view.array.size and np.shares_memory(view.array, other_view.array):
            yield f"{name!r} shares memory with the copy"
