"""Run a MindSpore cell once and record all it computes; ``torch_run.py`` does the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Optional

import mindspore
import numpy as np
from mindspore.common.api import _pynative_executor

from apimap.frameworks.flat import flat
from apimap.frameworks.nest import Tree, arguments, as_tuples, changed, held, take_apart
from apimap.frameworks.record import (
    Catch,
    Cotangents,
    Run,
    See,
    Value,
    from_bfloat16_bits,
    is_array,
    name_of,
    written,
)

FLOATS = (mindspore.float16, mindspore.bfloat16, mindspore.float32, mindspore.float64)


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
    tree: Optional[Tree] = None,
) -> Run:
    """Outputs and buffers, and with ``cotangents`` the gradients of inputs and parameters.

    The layer, or function, keeps its training flag where ``training`` is None; the inputs are
    copied, and nested as ``tree`` says, else positional. Where the outputs do not have the shapes
    of cotangents that are drawn already, gradients are left out.
    """
    if training is not None:
        layer.set_train(training)
    call = _Call(layer, inputs, jit, tree)
    if cotangents is None:
        return call.forward()
    if cotangents.drawn is None:
        call.learn_shapes(cotangents)
    before = buffers(layer)
    try:
        return call.forward_and_backward(cotangents)
    except Exception:
        # An operator that raises while MindSpore 2.10 differentiates leaves it recording: from then
        # on tensor[0] raises TypeError in every gradient of the process.
        _pynative_executor.clear_res()
        restore(layer, before)
        record = call.forward()
        if cotangents.fit(record.outputs):
            raise
        return record


@dataclass(frozen=True)
class _Call:
    """A layer, what it is called with, and what its last call did to the containers of that."""

    layer: Any
    inputs: Sequence[Value]
    jit: bool
    tree: Optional[Tree]
    touched: list[str] = field(default_factory=list)

    def on(self, function: Any, tensors: Sequence[Any]) -> Any:
        if self.tree is None:
            return function(*tensors)
        positional, named = arguments(self.tree, tensors)
        before = held(named or positional, "in")
        result = function(*positional, **named)
        self.touched[:] = changed(before)
        return result

    def tensors(self) -> list[Any]:
        return [_tensor(value) for value in self.inputs]

    def forward(self) -> Run:
        tensors = self.tensors()
        nest = self.on(mindspore.jit(self.layer) if self.jit else self.layer, tensors)
        return self.record(*take_apart(nest, is_tensor), tensors)

    def record(self, outputs: list[Any], tree: Tree, tensors: list[Any]) -> Run:
        values = [as_value(output) for output in outputs]
        wrote = written([as_value(tensor) for tensor in tensors], self.inputs)
        held_now = buffers(self.layer)
        return Run(values, buffers=held_now, tree=tree, written=wrote, changed=list(self.touched))

    def learn_shapes(self, cotangents: Cotangents) -> None:
        """One forward pass more, whose effect on buffers is undone."""
        before = buffers(self.layer)
        outputs, tree = take_apart(self.on(self.layer, self.tensors()), is_tensor)
        cotangents.draw([as_value(output) for output in outputs], tree)
        restore(self.layer, before)

    def forward_and_backward(self, cotangents: Cotangents) -> Run:
        parameters = [(name, p) for name, p in _parameters(self.layer) if p.requires_grad]
        positions = tuple(index for index, value in enumerate(self.inputs) if value.is_float)
        drawn = cotangents.drawn or []
        if not (positions or parameters) or not any(value.is_float for value in drawn):
            return _without_gradients(self.forward(), self.inputs, parameters)
        weights = mindspore.ParameterTuple([parameter for _, parameter in parameters])
        tensors = self.tensors()
        differentiate = self.in_graph if self.jit else self.in_steps
        record, found = differentiate(cotangents, positions or None, weights, tensors)
        of_inputs, of_parameters = found if positions else ((), found)
        gradients = iter(of_inputs if len(positions) > 1 else [of_inputs])
        named = zip(parameters, of_parameters, strict=True)
        record.input_gradients.extend(
            as_value(next(gradients)) if v.is_float else None for v in self.inputs
        )
        record.parameter_gradients.update({n: as_value(gradient) for (n, _), gradient in named})
        return record

    def in_graph(
        self, cotangents: Cotangents, positions: Any, weights: Any, tensors: list[Any]
    ) -> tuple[Run, Any]:
        layer = self.layer if self.tree is None else flat(self.layer, self.tree, len(tensors))
        function = mindspore.value_and_grad(layer, positions, weights, sens_param=True)
        drawn = [_tensor(value) for value in cotangents.drawn or []]
        nest, found = mindspore.jit(function)(*tensors, as_tuples(cotangents.tree, drawn))
        return self.record(*take_apart(nest, is_tensor), tensors), found

    def in_steps(
        self, cotangents: Cotangents, positions: Any, weights: Any, tensors: list[Any]
    ) -> tuple[Run, Any]:
        """MindSpore differentiates tuples of tensors, so the outputs are taken out of theirs."""
        taken: list[Any] = []

        def floating(*given: Any) -> Any:
            outputs, tree = take_apart(self.on(self.layer, given), is_tensor)
            taken[:] = [outputs, tree]
            return _bare([_as_tensor(output) for output in outputs if _is_float(output)])

        function = mindspore.value_and_grad(floating, positions, weights, sens_param=True)
        drawn = cotangents.drawn or []
        sens = _bare([_tensor(value) for value in drawn if value.is_float])
        _, found = function(*tensors, sens)
        outputs, tree = taken
        return self.record(outputs, tree, tensors), found


def _without_gradients(
    record: Run, inputs: Sequence[Value], parameters: Sequence[tuple[str, Any]]
) -> Run:
    """Nothing that comes out can be differentiated: zeros, as PyTorch's None stands for."""
    return replace(
        record,
        input_gradients=[
            Value(np.zeros_like(v.array), v.dtype) if v.is_float else None for v in inputs
        ],
        parameter_gradients={
            name: as_value(mindspore.ops.zeros_like(parameter)) for name, parameter in parameters
        },
    )


def _bare(tensors: list[Any]) -> Any:
    """One tensor as it is: MindSpore 2.10 takes 0.1 ms longer to differentiate a tuple of one."""
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


def _is_float(output: Any) -> bool:
    if isinstance(output, mindspore.Tensor):
        return output.dtype in FLOATS
    return bool(output.dtype.kind == "f")


def _as_tensor(output: Any) -> Any:
    return output if isinstance(output, mindspore.Tensor) else mindspore.Tensor(np.asarray(output))


def _parameters(layer: Any) -> list[tuple[str, Any]]:
    is_cell = isinstance(layer, mindspore.nn.Cell)
    return list(layer.parameters_and_names()) if is_cell else []


def trainable(layer: Any) -> set[str]:
    """Names of the tensors that take a gradient."""
    return {name for name, parameter in _parameters(layer) if parameter.requires_grad}


def buffers(layer: Any) -> dict[str, Value]:
    """Copies of the tensors that take no gradient, frozen parameters included."""
    found = ((name, as_value(parameter)) for name, parameter in _held(layer))
    return {name: Value(value.array.copy(), value.dtype) for name, value in found}


def restore(layer: Any, values: Mapping[str, Value]) -> None:
    """Put back what ``buffers`` returned."""
    for name, parameter in _held(layer):
        parameter.set_data(_tensor(values[name]))


@contextmanager
def cast(layer: Any, dtype: str) -> Iterator[None]:
    """Hold the floating parameters of a cell in another dtype for a while, then the same bits."""
    floating = [
        (parameter, parameter.dtype, as_value(parameter))
        for _, parameter in _parameters(layer)
        if parameter.dtype in FLOATS
    ]
    kept = [(p, kind, Value(value.array.copy(), value.dtype)) for p, kind, value in floating]
    try:
        for parameter, _, _ in kept:
            parameter.set_dtype(getattr(mindspore, dtype))
        yield
    finally:
        for parameter, kind, value in kept:
            parameter.set_dtype(kind)
            parameter.set_data(_tensor(value))


@contextmanager
def watching(layer: Any, see: See) -> Iterator[None]:
    """Call ``see(name, output)`` after each sublayer ran, the whole cell being the last."""
    hooks = [
        cell.register_forward_hook(lambda _, __, output, name=name: see(name, output))
        for name, cell in layer.cells_and_names()
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
    return [(name, p) for name, p in _parameters(layer) if not p.requires_grad]


def _tensor(value: Value) -> Any:
    if value.dtype == "bfloat16":
        return mindspore.Tensor.from_numpy(value.stored).view(mindspore.bfloat16)
    array = value.array
    if array.ndim > 1 and array.flags.f_contiguous and not array.flags.c_contiguous:
        # Tensor makes its memory contiguous; a permuted one keeps its strides.
        return mindspore.Tensor(array.T.copy()).permute(*reversed(range(array.ndim)))
    return mindspore.Tensor.from_numpy(array.copy())


def is_tensor(item: Any) -> bool:
    """Whether this is a tensor of the framework, or a NumPy array of numbers."""
    return isinstance(item, mindspore.Tensor) or is_array(item)


def as_value(tensor: Any) -> Value:
    """A tensor as an array; it may share memory."""
    if not isinstance(tensor, mindspore.Tensor):
        return Value.of(tensor)
    array = tensor.asnumpy()
    if tensor.dtype == mindspore.bfloat16:
        return Value(from_bfloat16_bits(array.view(np.int16)), "bfloat16")
    return Value(array, name_of(array.dtype))
