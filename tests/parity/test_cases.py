"""Cases are plain data, the same each time."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from apimap.parity.cases import Batch, Case, generate
from apimap.parity.run_case import build_source, run_case
from apimap.parity.sample import covering
from apimap.parity.specs import InputSpec, draw, spec_of
from apimap.parity.sweep import sweep
from apimap.schema import Entry

LINEAR: dict[str, Any] = {
    "torch": "torch.nn.Linear",
    "mindspore": "mindspore.nn.Dense",
    "dtypes": {
        "mindspore": {"CPU": ["float16", "float32"]},
        "because": "MindSpore has these kernels only, for this test's sake.",
    },
    "parity": {
        "torch": {
            "args": {"in_features": 4, "out_features": 3},
            "vary": {"bias": [True, False]},
            "inputs": [[2, 4], {"shape": [4], "between": [0, 1]}],
        }
    },
}


def entry(**parity: Any) -> Entry:
    return Entry.model_validate({**LINEAR, "parity": {**LINEAR["parity"], **parity}})


def taken(batch: Batch) -> list[Case]:
    return list(itertools.islice(batch.cases, batch.wanted))


def test_everything_without_a_limit() -> None:
    """The whole product eagerly in float32, then samples under jit and in other dtypes."""
    main, jit, half = map(taken, generate(entry(), "to_mindspore"))
    assert len({case.id for case in main}) == 2 * 2 * 2
    assert {(case.dtype, case.jit) for case in main} == {("float32", False)}
    assert {(case.dtype, case.jit) for case in jit} == {("float32", True)}
    assert {(case.dtype, case.jit) for case in half} == {("float16", False)}


def test_a_sample_has_every_way_to_run() -> None:
    """Twelve cases in all, deterministic."""
    batches = [taken(batch) for batch in generate(entry(), "to_mindspore", max_examples=12)]
    again = [taken(batch) for batch in generate(entry(), "to_mindspore", max_examples=12)]
    assert [len(batch) for batch in batches] == [8, 3, 1]
    assert [[str(case) for case in batch] for batch in batches] == [
        [str(case) for case in batch] for batch in again
    ]


def test_no_cases_in_a_direction_without_any() -> None:
    """Its parity section says nothing of it."""
    assert generate(entry(), "to_torch") == []


def test_id_and_seed_are_readable_and_stable() -> None:
    """A renamed or re-seeded case is another case."""
    case = next(generate(entry(jit=False), "to_mindspore")[0].cases)
    assert case.id == "to_mindspore-Linear(4, 3, bias=True)-in2x4-float32-train-eager"
    assert str(case) == f"{case.id} (seed {case.seed})"
    assert case.seed == 2341734323
    assert np.array_equal(case.draw_inputs()[0].array, case.draw_inputs()[0].array)


def drawn(said: Any, generator: np.random.Generator, dtype: str = "float32") -> Any:
    """One input that a mapping file says."""
    return draw([spec_of(said)], generator, dtype)[0]


def test_inputs_of_every_kind() -> None:
    """Normal, uniform and integer."""
    generator = np.random.default_rng(0)
    uniform = drawn({"shape": [100], "between": [2, 3]}, generator)
    assert 2 <= uniform.array.min() < uniform.array.max() <= 3
    whole = drawn({"shape": [100], "below": 4}, generator, "float16")
    assert (whole.dtype, set(whole.array)) == ("int64", {0, 1, 2, 3})
    short = drawn({"shape": [3], "below": 4, "dtype": "int32"}, generator)
    assert short.dtype == "int32"
    assert drawn([0, 3], generator).array.shape == (0, 3)
    mask = drawn({"shape": [50], "bool": True}, generator)
    assert (mask.dtype, set(mask.array)) == ("bool", {False, True})
    assert drawn({"value": None}, generator) is None
    given = drawn({"array": [[1, 2]], "dtype": "int32"}, generator)
    assert (given.dtype, given.array.tolist()) == ("int32", [[1, 2]])
    pair = drawn({"tuple": [[2], {"array": [0.5]}]}, generator, "float16")
    assert [value.dtype for value in pair] == ["float16", "float16"]


@pytest.mark.parametrize("sizes", [[], [1], [3, 2], [5, 4, 3, 2]])
def test_covering_draws_each_point_once(sizes: list[int]) -> None:
    """And early on, every pair of values."""
    points = list(covering(sizes, 0))
    assert sorted(points) == sorted(itertools.product(*map(range, sizes)))
    early = points[: 2 * max([1, *sizes]) ** 2]
    for a, b in itertools.combinations(range(len(sizes)), 2):
        assert len({(point[a], point[b]) for point in early}) == sizes[a] * sizes[b]


def test_weights_are_random_and_buffers_legal() -> None:
    """Nothing stays at ones or zeros, and variances are positive."""
    batch_norm = Entry.model_validate(
        {
            "torch": "torch.nn.BatchNorm1d",
            "mindspore": "mindspore.nn.BatchNorm1d",
            "parity": {"torch": {"args": {"num_features": 4}, "inputs": [[5, 4]]}},
        }
    )
    layer = build_source(next(generate(batch_norm, "to_mindspore")[0].cases))
    assert layer.training
    assert (layer.running_var > 0).all()
    for tensor in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
        assert tensor.unique().numel() == 4
    assert layer.weight.requires_grad


def test_states() -> None:
    """What the framework rejects is no case, and another is drawn for it."""
    from apimap.catalog import default_catalog

    linear = default_catalog().find("torch.nn.Linear")
    bad = Case(linear, "to_mindspore", {"in_features": 4, "out_features": 3}, (InputSpec((2, 5)),))
    assert run_case(bad).state == "rejected"
    good = Case(linear, "to_mindspore", {"in_features": 4, "out_features": 3}, (InputSpec((2, 4)),))
    found = run_case(good)
    assert (found.state, found.route) == ("equal", "native")
    states = [r.state for r in sweep(linear, "to_mindspore", max_examples=4)]
    assert sum(state != "rejected" for state in states) == 4
