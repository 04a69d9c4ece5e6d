"""Run a torch module once and record all it computes; ``mindspore_run.py`` does the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, Optional

import torch

from apimap.frameworks.nest import Tree, arguments, changed, held, take_apart
from apimap.frameworks.record import (
    Catch,
    Cotangents,
    Run,
    See,
    Value,
    from_bfloat16_bits,
    is_array,
    written,
)


@cache
def prepare() -> None:
    """Import what the first ``torch.autograd.grad`` of a process does (torch 2.13): a second."""
    import_module("torch.fx.experimental.symbolic_shapes")


def run(
    layer: Any,
    inputs: Sequence[Value],
    *,
    training: Optional[bool] = None,
    cotangents: Optional[Cotangents] = None,
    jit: bool = False,
    tree: Optional[Tree] = None,
) -> Run:
    """Outputs and buffers, and with ``cotangents`` the gradients of inputs and parameters.

    The layer, or function, keeps its training flag where ``training`` is None; the inputs are
    copied, and nested as ``tree`` says, else positional. ``jit`` is MindSpore's: torch always runs
    eagerly.
    """
    del jit
    if training is not None:
        layer.train(training)
    leaves = [_tensor(v).requires_grad_(cotangents is not None and v.is_float) for v in inputs]
    with torch.set_grad_enabled(cotangents is not None):
        # An in-place layer may not write to a leaf, and must not write to the caller's array.
        given = [leaf.clone() for leaf in leaves]
        result, touched = _call(layer, given, tree)
        outputs, nest = take_apart(result, is_tensor)
    values = [as_value(output) for output in outputs]
    wrote = written([as_value(tensor) for tensor in given], inputs)
    record = Run(values, buffers=buffers(layer), tree=nest, written=wrote, changed=touched)
    if cotangents is None:
        return record
    drawn = cotangents.draw(values, nest)
    if not cotangents.fit(values):
        return record
    parameters = {name: p for name, p in _parameters(layer) if p.requires_grad}
    wanted = [leaf for leaf in leaves if leaf.requires_grad] + list(parameters.values())
    found = iter(_gradients(outputs, drawn, wanted))
    record.input_gradients.extend(next(found) if leaf.requires_grad else None for leaf in leaves)
    record.parameter_gradients.update(zip(parameters, found, strict=True))
    return record


def _call(layer: Any, tensors: list[Any], tree: Optional[Tree]) -> tuple[Any, list[str]]:
    """The result, and what became of the containers that were passed."""
    if tree is None:
        return layer(*tensors), []
    positional, named = arguments(tree, tensors)
    before = held(named or positional, "in")
    return layer(*positional, **named), changed(before)


def _parameters(layer: Any) -> list[tuple[str, Any]]:
    return list(layer.named_parameters()) if isinstance(layer, torch.nn.Module) else []


def trainable(layer: Any) -> set[str]:
    """Names of the tensors that take a gradient."""
    return {name for name, parameter in _parameters(layer) if parameter.requires_grad}


def buffers(layer: Any) -> dict[str, Value]:
    """Copies of the tensors that take no gradient, frozen parameters included."""
    return {name: as_value(tensor.detach().clone()) for name, tensor in _held(layer)}


def restore(layer: Any, values: Mapping[str, Value]) -> None:
    """Put back what ``buffers`` returned."""
    with torch.no_grad():
        for name, tensor in _held(layer):
            tensor.copy_(_tensor(values[name]))


@contextmanager
def cast(layer: Any, dtype: str) -> Iterator[None]:
    """Hold the floating tensors of a layer in another dtype for a while, then the very same."""
    tensors = [*_parameters(layer), *_held(layer)]
    floating = [(tensor, tensor.data) for _, tensor in tensors if tensor.is_floating_point()]
    try:
        for tensor, kept in floating:
            tensor.data = kept.to(getattr(torch, dtype))
        yield
    finally:
        for tensor, kept in floating:
            tensor.data = kept


@contextmanager
def watching(layer: Any, see: See) -> Iterator[None]:
    """Call ``see(name, output)`` after each sublayer ran, the whole layer being the last."""
    hooks = [
        module.register_forward_hook(lambda _, __, output, name=name: see(name, output))
        for name, module in layer.named_modules()
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def catching(layer: Any, catch: Catch) -> Iterator[None]:
    """Call ``catch(args, kwargs)`` before each run of the layer."""
    hook = layer.register_forward_pre_hook(
        lambda _, args, kwargs: catch(args, kwargs), with_kwargs=True
    )
    try:
        yield
    finally:
        hook.remove()


def _held(layer: Any) -> list[tuple[str, Any]]:
    frozen = [(name, p) for name, p in _parameters(layer) if not p.requires_grad]
    named = layer.named_buffers() if isinstance(layer, torch.nn.Module) else ()
    return [*named, *frozen]


def _gradients(outputs: list[Any], drawn: list[Value], wanted: list[Any]) -> list[Value]:
    used = [
        (output, _tensor(cotangent))
        for output, cotangent in zip(outputs, drawn, strict=True)
        if getattr(output, "requires_grad", False)
    ]
    found: Sequence[Any] = [None] * len(wanted)
    if used and wanted:
        reached, cotangents = zip(*used, strict=True)
        found = torch.autograd.grad(reached, wanted, cotangents, allow_unused=True)
    return [
        as_value(torch.zeros_like(tensor) if gradient is None else gradient)
        for tensor, gradient in zip(wanted, found, strict=True)
    ]


def _tensor(value: Value) -> Any:
    tensor = torch.from_numpy(value.stored.copy(order="K"))  # strided arrays stay strided
    return tensor.view(torch.bfloat16) if value.dtype == "bfloat16" else tensor


def is_tensor(item: Any) -> bool:
    """Whether this is a tensor of the framework, or a NumPy array of numbers."""
    return isinstance(item, torch.Tensor) or is_array(item)


def as_value(tensor: Any) -> Value:
    """A tensor as an array; it may share memory."""
    if not isinstance(tensor, torch.Tensor):
        return Value.of(tensor)
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        bits = tensor.contiguous().view(torch.int16).numpy()
        return Value(from_bfloat16_bits(bits), "bfloat16")
    array = tensor.resolve_conj().resolve_neg().numpy()
    return Value(array, str(tensor.dtype).removeprefix("torch."))
