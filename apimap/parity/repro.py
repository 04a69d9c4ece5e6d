"""A folder that repeats a check elsewhere: report, inputs, weights and a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Union

import numpy as np

from apimap.frameworks import framework
from apimap.frameworks.nest import Branch, Place, Tree
from apimap.parity.code import Code, NotWritten, code_of, runs
from apimap.parity.examine import Examination, Options
from apimap.parity.inputs import Inputs
from apimap.parity.report import ParityReport
from apimap.parity.sides import title
from apimap.schema import SIDES, TITLES, Side, other
from apimap.tensors import Array

VERIFIED_BELOW = 64 * 2**20
"""Layers of fewer bytes are built once more, to see that the script's line is right."""
SCRIPT = '''"""Repeats a parity check: {subject}.

Run it where apimap, torch and mindspore are installed: python repro.py
"""

import sys
from pathlib import Path

import mindspore
import numpy
import torch

import apimap

HERE = Path(__file__).resolve().parent
INPUTS = numpy.load(HERE / "inputs.npz")
WEIGHTS = numpy.load(HERE / "weights.npz")
BFLOAT16 = {bfloat16}
FROZEN = {frozen}
{needed}

def build_torch():
    {torch}


def build_mindspore():
    {mindspore}


def load_torch(module):
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        key = f"torch.{{name}}"
        data = torch.from_numpy(WEIGHTS[key].copy())
        tensor.data = data.view(torch.bfloat16) if key in BFLOAT16 else data
        tensor.requires_grad_(tensor.requires_grad and key not in FROZEN)
    return module


def load_mindspore(cell):
    for name, parameter in cell.parameters_and_names():
        key = f"mindspore.{{name}}"
        data = mindspore.Tensor(WEIGHTS[key])
        data = data.view(mindspore.bfloat16) if key in BFLOAT16 else data
        parameter.set_dtype(data.dtype)
        parameter.set_data(data)
        parameter.requires_grad = key not in FROZEN
    return cell


def array(name):
    data = INPUTS[name]
    return torch.from_numpy(data).to(torch.bfloat16) if name in BFLOAT16 else data


report = apimap.check_parity(
    {first},
    {second},
    {inputs},
{options})
print(report)
sys.exit(0 if report.ok else 1)
'''


def write_repro(check: Examination, report: ParityReport, folder: Path) -> ParityReport:
    """Write the folder, and say in the report where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, narrow, frozen = _weights(check)
    names = check.inputs.names
    arrays = {n: v.array for n, v in zip(names, check.inputs.values, strict=True)}
    narrow += [n for n, v in zip(names, check.inputs.values, strict=True) if v.dtype == "bfloat16"]
    np.savez(folder / "inputs.npz", **arrays)
    np.savez(folder / "weights.npz", **weights)
    text, missing = _script(check, report, narrow, frozen)
    (folder / "repro.py").write_text(text)
    report = replace(report, folder=str(folder), notes=(*report.notes, *missing))
    (folder / "report.txt").write_text(f"{report}\n")
    (folder / "report.json").write_text(json.dumps(report.to_json(), indent=1, default=str))
    return report


def _weights(check: Examination) -> tuple[dict[str, Array], list[str], list[str]]:
    """All tensors, the names of those that are bits of bfloat16, and of those that are frozen."""
    arrays, narrow, frozen = {}, [], []
    for side in SIDES:
        if not framework(side).is_layer(check.layers[side]):
            continue
        for name, view in framework(side).tensors(check.layers[side]).items():
            key = f"{side}.{name}"
            arrays[key] = view.array
            narrow += [key] if view.dtype == "bfloat16" else []
            frozen += [] if view.trainable else [key]
    return arrays, narrow, frozen


def _script(
    check: Examination, report: ParityReport, narrow: list[str], frozen: list[str]
) -> tuple[str, list[str]]:
    bodies, codes, missing = {}, [], []
    for side in SIDES:
        try:
            code = _seen_to_run(side, check.layers[side])
            bodies[side] = f"return {code.text}"
            codes.append(code)
        except NotWritten as unknown:
            bodies[side] = _to_fill_in(side, check.layers[side], unknown)
            missing.append(f"repro.py: write build_{side}() first, for {unknown} is not known")
    order: tuple[Side, Side] = (check.expected, other(check.expected))
    first, second = (_made(side, check.layers[side]) for side in order)
    text = SCRIPT.format(
        subject=report.subject,
        bfloat16=sorted(narrow),
        frozen=sorted(frozen),
        needed=_needed(codes),
        first=first,
        second=second,
        inputs=_inputs(check.inputs),
        options=_options(check.options),
        **bodies,
    )
    return text, missing


def _seen_to_run(side: Side, layer: Any) -> Code:
    """The code of a layer, which makes the same tensors where that was quick to see."""
    code = code_of(side, layer)
    speaker = framework(side)
    if not speaker.is_layer(layer):
        runs(code)
        return code
    views = speaker.tensors(layer).values()
    if sum(view.array.nbytes for view in views) < VERIFIED_BELOW:
        try:
            slots = speaker.slots(runs(code))
        except Exception as error:  # whatever a constructor raises
            raise NotWritten(f"how {title(layer)} was built ({code.text:.60} fails)") from error
        mine = speaker.slots(layer)
        if {n: s.shape for n, s in slots.items()} != {n: s.shape for n, s in mine.items()}:
            raise NotWritten(f"how {title(layer)} was built ({code.text:.60} has other tensors)")
    return code


def _to_fill_in(side: Side, layer: Any, unknown: NotWritten) -> str:
    words = f"build {TITLES[side]}'s {title(layer)} here as your program does: {unknown}"
    return f"raise NotImplementedError({words!r})"


def _made(side: Side, layer: Any) -> str:
    made = f"build_{side}()"
    return f"load_{side}({made})" if framework(side).is_layer(layer) else made


def _needed(codes: list[Code]) -> str:
    lines = [
        f"sys.path.insert(0, {each!r})" for each in sorted(set().union(*(c.folders for c in codes)))
    ]
    lines += sorted(set().union(*(code.imports for code in codes)))
    for code in codes:
        lines += [f"\n{text}" for text in code.definitions.values()]
    return "\n".join(["", *lines, ""]) if lines else ""


def _inputs(inputs: Inputs) -> str:
    names = inputs.names

    def written(tree: Tree) -> str:
        if isinstance(tree, Place):
            return f"array({names[tree.index]!r})"
        if not isinstance(tree, Branch):
            return repr(tree.value)
        if tree.kind == "mapping":
            return f"{{{', '.join(f'{k!r}: {written(v)}' for k, v in tree.items.items())}}}"
        inner = ", ".join(map(written, tree.items.values()))
        return f"[{inner}]" if tree.title == "list" else f"({inner}{',' if inner else ''})"

    return written(inputs.tree)


def _options(options: Options) -> str:
    """The keyword arguments that are not at their defaults."""
    plain, lines = Options(), []
    for name, default in vars(plain).items():
        value: Any = getattr(options, name)
        if value != default:
            lines.append(f"    {name}={_bound(value)!r},\n")
    return "".join(lines)


def _bound(value: Any) -> Any:
    is_bound = hasattr(value, "rtol")
    found: Union[Any, Mapping[str, Any]] = (value.rtol, value.atol) if is_bound else value
    return dict(found) if isinstance(found, Mapping) else found
