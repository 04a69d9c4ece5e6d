"""Results that were never run: as many cases as a test wants, and every state."""

from __future__ import annotations

import math
import random
from typing import Any

from apimap.parity.compare import TOLERANCES
from apimap.parity.results import (
    Bound,
    CaseRecord,
    LayerRecord,
    Results,
    RowRecord,
    State,
    collect,
)

APIS = [f"nn.{kind}{axes}d" for kind in ("Conv", "BatchNorm", "MaxPool") for axes in (1, 2, 3)]
APIS += [f"nn.{name}" for name in ("Linear", "GELU", "LSTM", "Embedding", "Softmax", "Mish")]
APIS += [f"nn.functional.{name}" for name in ("relu", "gelu", "conv1d", "pad", "interpolate")]
SHARES = {"equal": 900, "rounding": 30, "differs": 12, "refused": 25, "rejected": 30}
HOSTILE = "</script><img src=x onerror=\"document.title='broken'\">&amp;'\""
NAMES = ("output 0", "gradient of input 0", "gradient of weight", "gradient of bias", "buffer mean")


def results(cases: int, layers: int = 0, *, seed: int = 0, **options: Any) -> Results:
    """The same each time for a seed."""
    chance = random.Random(seed)
    made = [_case(index, chance) for index in range(cases)]
    deep = [_layer(index, chance) for index in range(layers)]
    return collect(made, seed=seed, seconds=cases / 21, layers=deep, **options)


def _case(index: int, chance: random.Random) -> CaseRecord:
    state: State = chance.choices(list(SHARES), list(SHARES.values()))[0]  # type: ignore[assignment]
    if index % 1000 in (17, 18):
        state = "crashed" if index % 1000 == 17 else "timeout"
    api, direction = chance.choice(APIS), chance.choice(["to_torch", "to_mindspore"])
    dtype = chance.choices(list(TOLERANCES), [2, 1, 8, 2])[0]
    mode, jit = chance.choice(["train", "eval"]), dtype == "float32" and chance.random() < 0.2
    arguments = f"{api[3:]}({index}, 6, kernel_size={chance.randint(1, 5)}, stride=(1, 2))"
    name = f"{direction}-{arguments}-in2x4x9-{dtype}-{mode}-{'jit' if jit else 'eager'}"
    ran = state in ("equal", "rounding", "differs")
    return CaseRecord.model_validate(
        {
            "id": name,
            "torch": f"torch.{api}",
            "mindspore": f"mindspore.{api.replace('BatchNorm', 'Normalisation')}",
            "direction": direction,
            "route": chance.choice(["native", "composed"]) if ran else "",
            "dtype": dtype,
            "mode": mode,
            "jit": jit,
            "state": state,
            "reason": _reason(state),
            "seconds": chance.lognormvariate(-4, 1),
            "repro": f"apimap parity torch.{api} --direction {direction} --case '{name}'",
            "rows": [_row(each, dtype, state, chance) for each in NAMES] if ran else [],
        }
    )


def _reason(state: str) -> str:
    return {
        "refused": "MindSpore has no padding mode that does this.",
        "rejected": "RuntimeError: kernel size can't be greater than actual input size",
        "crashed": "the process was ended by SIGSEGV",
        "timeout": "ended after 60 s",
    }.get(state, "")


def _row(name: str, dtype: str, state: str, chance: random.Random) -> RowRecord:
    usual = TOLERANCES[dtype]
    bound = Bound(rtol=usual.rtol, atol=usual.atol)
    if state == "equal" or (name != NAMES[0] and chance.random() < 0.6):
        error = 0.0 if chance.random() < 0.4 else usual.atol * 10 ** chance.uniform(-4, -0.1)
        return RowRecord(
            name=name,
            dtype=dtype,
            verdict="equal",
            max_abs=error,
            max_rel=3 * error,
            tolerance=bound,
        )
    error = (usual.atol + usual.rtol) * 10 ** chance.uniform(0.1, 1 if state == "rounding" else 5)
    expected = chance.uniform(-1, 1)
    return RowRecord(
        name=name,
        dtype=dtype,
        verdict="rounding" if state == "rounding" else "differs",
        max_abs=error,
        max_rel=error / abs(expected),
        share_out=chance.random(),
        index=(0, 3, 1),
        actual=expected + error,
        expected=expected,
        reference=expected * (1 + 1e-9),
        tolerance=bound,
    )


def _layer(index: int, chance: random.Random) -> LayerRecord:
    is_off = index >= 17
    error = 1e-7 * 1.15**index * chance.uniform(0.6, 1.6) * (5e3 if is_off else 1)
    return LayerRecord(
        name=f"layer{index // 8}.{index % 8}.conv",
        depth=index,
        verdict="differs" if is_off else "rounding" if index == 12 else "equal",
        max_abs=error,
        max_rel=error * chance.uniform(2, 9),
        tolerance=Bound(rtol=1.3e-6, atol=1e-5),
    )


def _one(**changes: Any) -> CaseRecord:
    return results(1).cases[0].model_copy(update=changes)


def hostile() -> Results:
    """Texts that would break a careless page, and numbers that are none."""
    row = RowRecord(
        name=HOSTILE,
        verdict="differs",
        max_abs=math.inf,
        max_rel=math.nan,
        actual="nan",
        expected=1.0,
        index=(0,),
        tolerance=Bound(rtol=0, atol=0),
    )
    texts = dict.fromkeys(("id", "torch", "mindspore", "dtype", "reason", "repro"), HOSTILE)
    case = _one(**texts, state="differs", rows=(row,), problems=(HOSTILE,))
    odd = [_one(id="a", state="crashed", rows=()), _one(id="b", rows=())]
    return collect([case, *odd], seed=0, seconds=0)
