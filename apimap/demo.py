"""`apimap demo`: the official transposed convolution recipes and a small network, by value.

It does what a user's program would do, so it is the one file outside ``frameworks`` and
``composed`` that imports both frameworks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from apimap.evidence import sentence
from apimap.frameworks import framework
from apimap.layers import to_mindspore, to_torch

PAGE = "the official page 'Differences with torch.nn.ConvTranspose1d' (r2.1)"
# What the page's three examples pass, beside (3, 64) and bias=False: PyTorch, then MindSpore.
EXAMPLES: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"kernel_size": 4}, {"kernel_size": 4, "pad_mode": "pad"}),
    (
        {"kernel_size": 5, "stride": 3, "padding": 2, "output_padding": 2},
        {"kernel_size": 5, "stride": 3, "pad_mode": "same"},
    ),
    ({"kernel_size": 5, "stride": 3}, {"kernel_size": 5, "stride": 3, "pad_mode": "valid"}),
)
FORWARD, GRADIENT = 1e-5, 1e-4
"""What may differ between two float32 results whose values are about 1 to 100."""
Step = Callable[[str], None]


def measure(step: Step = lambda name: None) -> dict[str, Any]:
    """Run everything on both frameworks; ``step`` is told what begins."""
    start = time.perf_counter()
    framework("torch")
    framework("mindspore")
    examples = []
    for number, (arguments, recipe) in enumerate(EXAMPLES, 1):
        step(f"example {number} of {len(EXAMPLES)}")
        examples.append({"example": number, **_example(arguments, recipe, seed=number)})
    step("a small network")
    found = _network()
    exact = [row["apimap"] <= FORWARD and row["apimap_gradients"] <= GRADIENT for row in examples]
    return {
        "page": PAGE,
        "examples": examples,
        "network": found,
        "ok": all(exact) and found["ok"],
        "seconds": round(time.perf_counter() - start, 1),
        "evidence": sentence(),
    }


def steps() -> int:
    """How often ``measure`` tells a step."""
    return len(EXAMPLES) + 1


def _example(arguments: Mapping[str, Any], recipe: Mapping[str, Any], seed: int) -> dict[str, Any]:
    import mindspore
    import torch

    torch.manual_seed(seed)
    module = torch.nn.ConvTranspose1d(3, 64, bias=False, **arguments)
    by_recipe = mindspore.nn.Conv1dTranspose(3, 64, **recipe)
    weight = module.weight.detach().numpy()[:, :, None, :]
    by_recipe.weight.set_data(mindspore.Tensor(weight))
    cell = to_mindspore(module)
    official = _compare(module, by_recipe, (1, 3, 50), seed)
    ours = _compare(module, cell, (1, 3, 50), seed)
    return {
        "torch": _shown("torch.nn.ConvTranspose1d", arguments),
        "recipe": _shown("mindspore.nn.Conv1dTranspose", recipe),
        "converted": type(cell).__name__,
        "official": official["forward"],
        "official_gradients": max(official["input gradient"], official["parameter gradients"]),
        "apimap": ours["forward"],
        "apimap_gradients": max(ours["input gradient"], ours["parameter gradients"]),
    }


def _shown(api: str, arguments: Mapping[str, Any]) -> str:
    return f"{api}(3, 64, {', '.join(f'{k}={v!r}' for k, v in arguments.items())})"


def small_network() -> Any:
    """A convolutional network with random weights, batch norm's statistics included."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()),
        nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.ConvTranspose2d(32, 8, 3, 2, padding=1, output_padding=1), nn.ReLU()),
        nn.Sequential(nn.Flatten(), nn.Linear(8 * 16 * 16, 10)),
    )
    norm = network[0][1]
    for tensor, low in ((norm.weight, 0.5), (norm.bias, -0.5), (norm.running_var, 0.5)):
        nn.init.uniform_(tensor, low, low + 1)
    nn.init.normal_(norm.running_mean)
    return network


def _network() -> dict[str, Any]:
    import torch

    network = small_network()
    cell = to_mindspore(network)
    back = to_torch(cell)
    ours, theirs = network.state_dict(), back.state_dict()
    bit_equal = list(ours) == list(theirs) and all(torch.equal(ours[k], theirs[k]) for k in ours)
    same_text = repr(network) == repr(back)
    found = _compare(network, cell, (2, 3, 16, 16), seed=4)
    small = [
        value <= (GRADIENT if "gradient" in name else FORWARD) for name, value in found.items()
    ]
    return {
        "layers": sum(1 for layer in network.modules() if not list(layer.children())),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "differences": found,
        "back_bit_equal": bit_equal,
        "back_same_text": same_text,
        "ok": all(small) and bit_equal and same_text,
    }


def _compare(module: Any, cell: Any, shape: tuple[int, ...], seed: int) -> dict[str, float]:
    """Largest differences of one training step and one evaluation, on one random input."""
    from apimap.frameworks import mindspore_run, torch_run
    from apimap.frameworks.record import Cotangents, Value

    x = Value.of(np.random.default_rng(seed).standard_normal(shape), "float32")
    cotangents = Cotangents(seed)
    a = torch_run.run(module, [x], training=True, cotangents=cotangents)
    b = mindspore_run.run(cell, [x], training=True, cotangents=cotangents)
    found = {
        "forward": _apart(a.outputs, b.outputs),
        "input gradient": _apart(a.input_gradients, b.input_gradients),
        "parameter gradients": _apart(
            a.parameter_gradients.values(), b.parameter_gradients.values()
        ),
    }
    a, b = (r.run(m, [x], training=False) for r, m in ((torch_run, module), (mindspore_run, cell)))
    # Evaluation reads the running statistics that the training step wrote.
    return {**found, "forward in eval": _apart(a.outputs, b.outputs)}


def _apart(ours: Any, theirs: Any) -> float:
    """The largest absolute difference; parameters have the same order on both sides."""
    pairs = zip(ours, theirs, strict=True)
    return max(float(np.abs(a.array - b.array.reshape(a.array.shape)).max()) for a, b in pairs)


def rows(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The table of the examples: what the page says beside what apimap does."""
    for row in found["examples"]:
        yield (
            f"{row['example']}",
            row["torch"].partition("64, ")[2].rstrip(")"),
            row["recipe"].partition("64, ")[2].rstrip(")"),
            f"{row['official']:.1e}",
            f"{row['apimap']:.1e}",
            f"{row['apimap_gradients']:.1e}",
            row["converted"],
        )
