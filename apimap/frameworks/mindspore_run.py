"""Run a MindSpore cell once and record all it computes; ``torch_run.py`` does the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Optional

import mindspore
import numpy as np

from apimap.frameworks.record import (
    Cotangents,
    Run,
    Value,
    flat,
    from_bfloat16_bits,
    nesting,
)


@cache
def prepare() -> None:
    """Let this process run MindSpore's operators one by one.

    Errors then surface at their own operator, and small layers run up to ten times faster than
    through the asynchronous queue (MindSpore 2.10, CPU). There is no way back in the process.
    """
    mindspore.runtime.launch_blocking()


def run(
    layer: Any,
    inputs: Sequence[Value],
    *,
    training: Optional[bool] = None,
    cotangents: Optional[Cotangents] = None,
    jit: bool = False,
) -> Run:
    """Outputs and buffers, and with ``cotangents`` the gradients of inputs and parameters.

    The layer keeps its training flag where ``training`` is None; the inputs are copied. Where the
    outputs do not have the shapes of cotangents that are drawn already, gradients are left out.
    """
    if training is not None:
        layer.set_train(training)
    tensors = [_tensor(value) for value in inputs]
    if cotangents is None:
        return _forward(layer, tensors, jit)
    if cotangents.drawn is None:
        _learn_shapes(layer, tensors, cotangents)
    before = buffers(layer)
    try:
        return _forward_and_backward(layer, inputs, tensors, cotangents, jit)
    except Exception:
        restore(layer, before)
        record = _forward(layer, tensors, jit)
        if cotangents.fit(record.outputs):
            raise
        return record


def trainable(layer: Any) -> set[str]:
    """Names of the tensors that take a gradient."""
    return {name for name, parameter in layer.parameters_and_names() if parameter.requires_grad}


def buffers(layer: Any) -> dict[str, Value]:
    """Copies of the tensors that take no gradient, frozen parameters included."""
    found = ((name, as_value(parameter)) for name, parameter in _held(layer))
    return {name: Value(value.array.copy(), value.dtype) for name, value in found}


def restore(layer: Any, values: Mapping[str, Value]) -> None:
    """Put back what ``buffers`` returned."""
    for name, parameter in _held(layer):
        parameter.set_data(_tensor(values[name]))


def _held(layer: Any) -> list[tuple[str, Any]]:
    return [(name, p) for name, p in layer.parameters_and_names() if not p.requires_grad]


def _forward(layer: Any, tensors: list[Any], jit: bool) -> Run:
    nest = (mindspore.jit(layer) if jit else layer)(*tensors)
    return Run([as_value(output) for output in flat(nest)], buffers=buffers(layer))


def _forward_and_backward(
    layer: Any, inputs: Sequence[Value], tensors: list[Any], cotangents: Cotangents, jit: bool
) -> Run:
    parameters = [(n, p) for n, p in layer.parameters_and_names() if p.requires_grad]
    positions = tuple(index for index, value in enumerate(inputs) if value.is_float)
    if not positions and not parameters:
        return _forward(layer, tensors, jit)
    weights = mindspore.ParameterTuple([parameter for _, parameter in parameters])
    function = mindspore.value_and_grad(layer, positions or None, weights, sens_param=True)
    call = mindspore.jit(function) if jit else function
    nest, found = call(*tensors, _nested(cotangents.nest, iter(cotangents.drawn or [])))
    of_inputs, of_parameters = found if positions else ((), found)
    gradients = iter(of_inputs if len(positions) > 1 else [of_inputs])
    return Run(
        [as_value(output) for output in flat(nest)],
        [as_value(next(gradients)) if value.is_float else None for value in inputs],
        {name: as_value(g) for (name, _), g in zip(parameters, of_parameters, strict=True)},
        buffers(layer),
    )


def _learn_shapes(layer: Any, tensors: list[Any], cotangents: Cotangents) -> None:
    """One forward pass more, whose effect on buffers is undone."""
    before = buffers(layer)
    nest = layer(*tensors)
    cotangents.draw([as_value(output) for output in flat(nest)], nesting(nest))
    restore(layer, before)


def _nested(nest: Any, drawn: Iterator[Value]) -> Any:
    if isinstance(nest, tuple):
        return tuple(_nested(item, drawn) for item in nest)
    return None if nest is None else _tensor(next(drawn))


def _tensor(value: Value) -> Any:
    if value.dtype == "bfloat16":
        return mindspore.Tensor.from_numpy(value.stored).view(mindspore.bfloat16)
    return mindspore.Tensor(value.array.copy())


def is_tensor(item: Any) -> bool:
    """Whether this is a tensor of the framework."""
    return isinstance(item, mindspore.Tensor)


def as_value(tensor: Any) -> Value:
    """A tensor as an array; it may share memory."""
    array = tensor.asnumpy()
    if tensor.dtype == mindspore.bfloat16:
        return Value(from_bfloat16_bits(array.view(np.int16)), "bfloat16")
    return Value(array, array.dtype.name)
