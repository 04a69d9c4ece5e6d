"""Run a torch module once and record all it computes; ``mindspore_run.py`` does the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import torch

from apimap.frameworks.record import (
    Cotangents,
    Run,
    Value,
    flat,
    from_bfloat16_bits,
    nesting,
)


def prepare() -> None:
    """Nothing: torch runs its operators one by one."""


def run(
    layer: Any,
    inputs: Sequence[Value],
    *,
    training: Optional[bool] = None,
    cotangents: Optional[Cotangents] = None,
    jit: bool = False,
) -> Run:
    """Outputs and buffers, and with ``cotangents`` the gradients of inputs and parameters.

    The layer keeps its training flag where ``training`` is None; the inputs are copied. ``jit``
    is MindSpore's: torch always runs eagerly.
    """
    del jit
    if training is not None:
        layer.train(training)
    leaves = [_tensor(v).requires_grad_(cotangents is not None and v.is_float) for v in inputs]
    with torch.set_grad_enabled(cotangents is not None):
        # An in-place layer may not write to a leaf, and must not write to the caller's array.
        nest = layer(*(leaf.clone() for leaf in leaves))
    outputs = list(flat(nest))
    values = [as_value(output) for output in outputs]
    record = Run(values, buffers=buffers(layer))
    if cotangents is None:
        return record
    drawn = cotangents.draw(values, nesting(nest))
    if not cotangents.fit(values):
        return record
    parameters = {name: p for name, p in layer.named_parameters() if p.requires_grad}
    wanted = [leaf for leaf in leaves if leaf.requires_grad] + list(parameters.values())
    found = iter(_gradients(outputs, drawn, wanted))
    of_inputs = [next(found) if leaf.requires_grad else None for leaf in leaves]
    of_parameters = dict(zip(parameters, found, strict=True))
    return Run(values, of_inputs, of_parameters, record.buffers)


def trainable(layer: Any) -> set[str]:
    """Names of the tensors that take a gradient."""
    return {name for name, parameter in layer.named_parameters() if parameter.requires_grad}


def buffers(layer: Any) -> dict[str, Value]:
    """Copies of the tensors that take no gradient, frozen parameters included."""
    return {name: as_value(tensor.detach().clone()) for name, tensor in _held(layer)}


def restore(layer: Any, values: Mapping[str, Value]) -> None:
    """Put back what ``buffers`` returned."""
    with torch.no_grad():
        for name, tensor in _held(layer):
            tensor.copy_(_tensor(values[name]))


def _held(layer: Any) -> list[tuple[str, Any]]:
    frozen = [(name, p) for name, p in layer.named_parameters() if not p.requires_grad]
    return [*layer.named_buffers(), *frozen]


def _gradients(outputs: list[Any], drawn: list[Value], wanted: list[Any]) -> list[Value]:
    used = [(o, _tensor(d)) for o, d in zip(outputs, drawn, strict=True) if o.requires_grad]
    found: Sequence[Any] = [None] * len(wanted)
    if used and wanted:
        reached, cotangents = zip(*used, strict=True)
        found = torch.autograd.grad(reached, wanted, cotangents, allow_unused=True)
    return [
        as_value(torch.zeros_like(tensor) if gradient is None else gradient)
        for tensor, gradient in zip(wanted, found, strict=True)
    ]


def _tensor(value: Value) -> Any:
    tensor = torch.from_numpy(value.stored.copy())
    return tensor.view(torch.bfloat16) if value.dtype == "bfloat16" else tensor


def is_tensor(item: Any) -> bool:
    """Whether this is a tensor of the framework."""
    return isinstance(item, torch.Tensor)


def as_value(tensor: Any) -> Value:
    """A tensor as an array; it may share memory."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        bits = tensor.contiguous().view(torch.int16).numpy()
        return Value(from_bfloat16_bits(bits), "bfloat16")
    array = tensor.resolve_conj().resolve_neg().numpy()
    return Value(array, str(tensor.dtype).removeprefix("torch."))
