"""MindSpore as the converter sees it; ``torch.py`` has the same functions in the same order."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Optional

import numpy as np

from apimap.errors import BackendUnavailable, Unsupported
from apimap.onednn import prefer_fast_convolutions
from apimap.schema import CallMap
from apimap.tensors import Array, Slot, TensorView

prefer_fast_convolutions()

import mindspore  # noqa: E402  the oneDNN setting must come first
from mindspore import mint, nn  # noqa: E402
from mindspore.nn.utils import no_init_parameters  # noqa: E402

DEVICES = {"cpu": "CPU", "gpu": "GPU", "cuda": "GPU", "ascend": "Ascend", "npu": "Ascend"}
HOOKS = (
    "_lazy_forward_hook",
    "_lazy_forward_pre_hook",
    "_lazy_backward_hook",
    "_lazy_backward_pre_hook",
    "_cell_backward_hook",
    "_cell_backward_pre_hook",
)


def version() -> str:
    """The framework's version."""
    return str(mindspore.__version__)


def devices() -> dict[str, str]:
    """Each device with an empty text where it can be used, else the framework's words."""
    found = {}
    current = _current_device()
    for name in ("CPU", "GPU", "Ascend"):
        try:
            use_device(name)
            found[name] = ""
        except BackendUnavailable as error:
            found[name] = error.message.partition(": ")[2]
    use_device(current)
    return found


def _current_device() -> str:
    return str(mindspore.get_context("device_target"))


def use_device(device: Optional[str]) -> str:
    """The framework's name of a usable device, which becomes MindSpore's target.

    MindSpore has one device target for the whole process. Raises ``BackendUnavailable`` with the
    framework's words.
    """
    if device is None:
        return _current_device()
    name = DEVICES.get(device.lower().partition(":")[0], device)
    if name == _current_device():
        return name
    try:
        mindspore.set_device(name)
    except (RuntimeError, ValueError, TypeError) as error:
        words = str(error).splitlines()[0]
        raise BackendUnavailable(
            f"mindspore cannot use device {device!r}: {words}", hint="see `apimap doctor`"
        ) from error
    return name


def is_layer(value: Any) -> bool:
    """Whether the value is a layer of this framework."""
    return isinstance(value, nn.Cell)


def api_of(cls: type) -> str:
    """The public name of a layer class."""
    cls = getattr(cls, "adapted_from", (cls,))[0]
    if cls.__module__.startswith("apimap.composed.mindspore"):
        return f"apimap.composed.mindspore.{cls.__name__}"
    for module, name in ((nn, "mindspore.nn"), (mint.nn, "mindspore.mint.nn")):
        if getattr(module, cls.__name__, None) is cls:
            return f"{name}.{cls.__name__}"
    return f"{cls.__module__}.{cls.__qualname__}"


def is_adapted(layer: Any) -> bool:
    """Whether the cell takes more inputs than MindSpore's own."""
    return hasattr(layer, "adapted_from")


def own_forward(layer: Any) -> bool:
    """Whether the object's construct was replaced."""
    return "construct" in vars(layer)


def check(layer: Any, where: str) -> None:
    """Raise ``Unsupported`` where a layer computes more than its class and tensors say."""
    for kind in HOOKS:
        if getattr(layer, kind, None):
            reason = f"a MindSpore hook is registered on this cell ({kind})"
            hint = "remove it with the handle that register_*_hook returned, and convert again"
            raise Unsupported(reason, where=where, hint=hint)
    flags = getattr(layer, "_func_graph_flags", None) or {}
    if any(flags.get(name) for name in ("fp16", "fp32", "bf16")):
        reason = "MindSpore casts this cell's inputs (Cell.to_float)"
        hint = "build the cell without to_float, or cast its parameters instead"
        raise Unsupported(reason, where=where, hint=hint)


def children(layer: Any) -> dict[str, Any]:
    """Direct sublayers by name; one that stands twice is listed twice."""
    return {name: child for name, child in layer._cells.items() if child is not None}


def tensors(layer: Any) -> dict[str, TensorView]:
    """All parameters below the layer, by dotted name; MindSpore's buffers are parameters too."""
    return {name: view(name, parameter) for name, parameter in _parameters(layer, "")}


def slots(layer: Any) -> dict[str, Slot]:
    """Shape and dtype of each parameter, whether it has values yet or not."""
    return {
        name: Slot(tuple(parameter.shape), _dtype(parameter))
        for name, parameter in _parameters(layer, "")
    }


def _parameters(layer: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Like Cell.parameters_and_names, but a tied parameter comes once for each of its names."""
    for name, parameter in layer._params.items():
        if parameter is not None:
            yield prefix + name, parameter
    for name, child in children(layer).items():
        yield from _parameters(child, f"{prefix}{name}.")


def _dtype(parameter: Any) -> str:
    return str(parameter.dtype).rpartition(".")[2].lower()


def is_tensor(value: Any) -> bool:
    """Whether the value is a tensor of this framework."""
    return isinstance(value, mindspore.Tensor)


def view(name: str, parameter: Any) -> TensorView:
    """A tensor as an array that shares its memory, where it can."""
    if parameter.has_init:
        parameter.init_data()
    dtype = _dtype(parameter)
    array = parameter.asnumpy()
    if dtype == "bfloat16":
        array = array.view(np.int16)
    tie, trainable = id(parameter), bool(getattr(parameter, "requires_grad", False))
    return TensorView(name, array, dtype, trainable, tie, tie)


def build(api: str, kwargs: Mapping[str, Any], call: Optional[CallMap] = None) -> Any:
    """A new cell whose parameters have no values yet; draws no random numbers.

    With ``call`` it takes the inputs that PyTorch's layer takes, beside MindSpore's.
    """
    cls = resolve(api)
    if call is not None and (call.batched_rank is not None or call.pads_empty):
        from apimap.composed.mindspore.adapted import adapted

        cls = adapted(cls, call.batched_rank, call.pads_empty)
    with no_init_parameters():
        return cls(**kwargs)


def build_container(api: str, kind: str, named: Mapping[str, Any]) -> Any:
    """A container of cells, under their names."""
    cls = resolve(api)
    if kind == "list":
        return cls(list(named.values()))
    return cls(OrderedDict(named))


def resolve(api: str) -> Any:
    """The class of this name."""
    module, _, name = api.rpartition(".")
    return getattr(importlib.import_module(module), name)


def plain_tensor(array: Array, dtype: str, device: str) -> Any:
    """A tensor that is no parameter and takes over the array."""
    del device  # MindSpore moves a tensor to the process's device target when it is used
    tensor = mindspore.Tensor.from_numpy(array)
    return tensor.view(mindspore.bfloat16) if dtype == "bfloat16" else tensor


def fill(layer: Any, name: str, tensor: Any, *, trainable: bool) -> Any:
    """Make a parameter of a new cell hold a plain tensor; returns the parameter.

    MindSpore 2.10 takes 0.1 ms to make a second Parameter, which copies the tensor once more;
    ``assign_value`` does not, and changes the dtype too.
    """
    owner, own = _owner(layer, name)
    parameter = owner._params[own]
    if sum(each is parameter for _, each in _parameters(layer, "")) > 1:
        parameter = mindspore.Parameter(parameter)  # one of two names, which may part
        setattr(owner, own, parameter)
    parameter.assign_value(tensor)
    parameter.init = parameter.init_mode = None  # else a pickle holds the initializer instead
    parameter.requires_grad = trainable
    return parameter


def set_tensor(layer: Any, name: str, tensor: Any) -> None:
    """Put what ``fill`` returned where a parameter of this name is."""
    owner, own = _owner(layer, name)
    setattr(owner, own, tensor)


def _owner(layer: Any, name: str) -> tuple[Any, str]:
    *path, own = name.split(".")
    for step in path:
        layer = layer._cells[step]
    return layer, own


def finish(layer: Any) -> None:
    """Give every parameter its path as its name, which optimizers and checkpoints go by."""
    named = set()
    for name, parameter in layer.parameters_and_names():
        if id(parameter) not in named:
            parameter.name = name
            named.add(id(parameter))


def is_training(layer: Any) -> bool:
    """The cell's training flag."""
    return bool(layer.training)


def set_training(layer: Any, training: bool) -> None:
    """Set the flag on the cell and all below it."""
    layer.set_train(training)
