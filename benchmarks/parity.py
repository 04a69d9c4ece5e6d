"""Cases a second against a floor written by hand, and the comparison of two 400 MB arrays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from apimap.onednn import prefer_fast_convolutions
from benchmarks.clock import Figure, ratio, seconds

FAMILY = ("torch.nn.Linear", "torch.nn.Conv2d", "torch.nn.BatchNorm2d", "torch.nn.ReLU")
CASES, ROUNDS = 24, 6
LARGE = 100_000_000
CHANGED = LARGE - 7


def figures() -> Iterator[Figure]:
    """A family of small layers in one process, the large arrays in another."""
    rate, share = _measured("cases")
    yield Figure("parity cases a second, in one process", rate, 20.0, "/s", at_least=True)
    yield Figure("a parity case / the pair built and run once by hand", share, 1.5)
    taken, extra, found = _measured("arrays")
    yield Figure("comparing two 400 MB arrays / one numpy.allclose", taken, 4.0)
    yield Figure("extra memory of that comparison, of one array", extra, 0.02)
    yield Figure("its first difference, places away from the right one", abs(found - CHANGED), 0)


def _measured(what: str) -> list[float]:
    """In a fresh process of one thread: threads that wait for each other measure the machine."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.parity", what],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [float(word) for word in done.stdout.splitlines()[-1].split()]


def compare_small() -> tuple[float, float]:
    """Cases a second, and their time over that of the floor."""
    from apimap.parity.measure import runner

    runner("mindspore")
    jobs = [job for name in FAMILY for job in small(name)]
    by_cases(jobs)
    share = ratio(lambda: by_cases(jobs), lambda: by_hand(jobs), ROUNDS)
    return len(jobs) / min(seconds(lambda: by_cases(jobs)) for _ in range(3)), share


@dataclass(frozen=True)
class Job:
    """A case, and what one needs to build both layers without apimap."""

    case: Any
    names: dict[str, str]
    module: Any
    cell: Any
    arguments: tuple[dict[str, Any], dict[str, Any]]
    inputs: list[np.ndarray[Any, Any]]


def small(name: str) -> list[Job]:
    """Eager float32 cases of one entry whose counterpart is native."""
    from apimap.catalog import default_catalog
    from apimap.frameworks import framework
    from apimap.parity.cases import generate
    from apimap.parity.pairing import pair_tensors
    from apimap.translate import translate

    found: list[Job] = []
    for case in generate(default_catalog().find(name), "to_mindspore")[0].cases:
        try:
            call = translate(name, **case.kwargs)
            made = framework("torch").resolve(name), framework("mindspore").resolve(call.api)
            arguments = dict(case.kwargs), dict(call.kwargs)
            pairs = pair_tensors(made[0](**arguments[0]), made[1](**arguments[1])).pairs
            names = {pair.mindspore: pair.torch for pair in pairs}
            job = Job(case, names, *made, arguments, [v.array for v in case.draw_inputs()])
            by_hand([job])
        except Exception:  # no case: a framework refuses it, or takes batched input only
            continue
        found += [job] if call.route == "native" else []
        if len(found) == CASES:
            break
    return found


def by_cases(jobs: list[Job]) -> None:
    """What a sweep does, which looks at the way back once for each argument set."""
    from apimap.parity.round_trip import Seen
    from apimap.parity.run_case import run_case

    seen = Seen()
    for job in jobs:
        assert run_case(job.case, seen).state in ("equal", "rounding")


def by_hand(jobs: list[Job]) -> None:
    """Build both layers with the same weights, run them once, and fetch what came out."""
    import mindspore
    import torch

    for job in jobs:
        train = job.case.mode == "train"
        module = job.module(**job.arguments[0]).train(train)
        cell = job.cell(**job.arguments[1]).set_train(train)
        held = module.state_dict()
        for name, parameter in cell.parameters_and_names():
            if name in job.names:
                parameter.set_data(mindspore.Tensor(held[job.names[name]].numpy()))
        leaf = torch.from_numpy(job.inputs[0]).requires_grad_()
        output = module(leaf.clone())
        output.backward(torch.ones_like(output))
        parameters = mindspore.ParameterTuple(cell.trainable_params())
        step = mindspore.value_and_grad(cell, 0, parameters, sens_param=True)
        sens = mindspore.Tensor(np.ones(tuple(output.shape), np.float32))
        value, (of_input, of_parameters) = step(mindspore.Tensor(job.inputs[0]), sens)
        for tensor in (value, of_input, *of_parameters, *cell.get_parameters()):
            tensor.asnumpy()


def compare_large() -> tuple[float, float, int]:
    """The time of a comparison in passes of numpy.allclose, its extra memory, what it found."""
    from apimap.frameworks.record import Value
    from apimap.parity.compare import compare

    a = np.random.default_rng(0).standard_normal(LARGE, dtype=np.float32)
    b = a * np.float32(1 + 1e-7)
    compare(Value.of(a[:100]), Value.of(b[:100]))
    before = _peak()
    compare(Value.of(a), Value.of(b))
    extra = (_peak() - before) / a.nbytes
    taken = ratio(lambda: compare(Value.of(a), Value.of(b)), lambda: np.allclose(a, b), 3)
    b[CHANGED] += 1.0
    b[CHANGED + 2] += 2.0
    first = compare(Value.of(a), Value.of(b)).first
    return taken, extra, -1 if first is None else first[0]


def _peak() -> int:
    """The most memory that this process has held, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found.group(1)) if found else 0


if __name__ == "__main__":
    prefer_fast_convolutions()
    print(*(compare_small() if sys.argv[1] == "cases" else compare_large()))
