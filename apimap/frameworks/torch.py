"""PyTorch as the converter sees it; ``mindspore.py`` has the same functions in the same order."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, Optional

import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from apimap.errors import BackendUnavailable, Unsupported
from apimap.schema import CallMap
from apimap.tensors import Array, Slot, TensorView

META = torch.device("meta")
DEVICES = {"cpu": "cpu", "gpu": "cuda", "cuda": "cuda", "ascend": "npu", "npu": "npu"}
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def version() -> str:
    """The framework's version."""
    return str(torch.__version__)


def devices() -> dict[str, str]:
    """Each device with an empty text where it can be used, else the framework's words."""
    found = {}
    for name in ("cpu", "cuda", "npu"):
        try:
            torch.empty(1, device=name)
            found[name] = ""
        except (RuntimeError, AssertionError) as error:
            found[name] = str(error).splitlines()[0]
    return found


def use_device(device: Optional[str]) -> str:
    """The framework's name of a usable device.

    Raises ``BackendUnavailable`` with the framework's words.
    """
    if device is None:
        return str(torch.get_default_device())
    index = device.lower().partition(":")
    name = DEVICES.get(index[0], device) + index[1] + index[2]
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        words = str(error).splitlines()[0]
        raise BackendUnavailable(
            f"torch cannot use device {device!r}: {words}", hint="see `apimap doctor`"
        ) from error
    return name


def is_layer(value: Any) -> bool:
    """Whether the value is a layer of this framework."""
    return isinstance(value, nn.Module)


def api_of(cls: type) -> str:
    """The public name of a layer class."""
    if cls.__module__.startswith("apimap.composed.torch"):
        return f"apimap.composed.torch.{cls.__name__}"
    if getattr(nn, cls.__name__, None) is cls:
        return f"torch.nn.{cls.__name__}"
    return f"{cls.__module__}.{cls.__qualname__}"


def is_adapted(layer: Any) -> bool:
    """Whether the layer takes more inputs than PyTorch's own: never."""
    del layer
    return False


def own_forward(layer: Any) -> bool:
    """Whether the object's forward was replaced."""
    return "forward" in vars(layer)


def check(layer: Any, where: str) -> None:
    """Raise ``Unsupported`` where a layer computes more than its class and tensors say."""
    if parametrize.is_parametrized(layer):
        names = ", ".join(repr(str(name)) for name in layer.parametrizations)
        hint = f"torch.nn.utils.parametrize.remove_parametrizations(layer, {names})"
        raise Unsupported(f"PyTorch parametrizes {names} of this layer", where=where, hint=hint)
    missing = [name for name, child in layer._modules.items() if child is None]
    if missing:
        raise Unsupported(f"the PyTorch sublayer {missing[0]!r} is None", where=where)
    if isinstance(layer, nn.modules.lazy.LazyModuleMixin) and layer.has_uninitialized_params():
        hint = "run one forward pass with a real input first"
        raise Unsupported("this PyTorch Lazy layer has no shapes yet", where=where, hint=hint)
    for kind in HOOKS:
        for hook in getattr(layer, kind, {}).values():
            _refuse_hook(hook, kind, where)
    for name, tensor in _tensors(layer):
        _check_tensor(name, tensor, where)


def _refuse_hook(hook: Any, kind: str, where: str) -> None:
    if isinstance(hook, (WeightNorm, SpectralNorm)):
        word = "weight_norm" if isinstance(hook, WeightNorm) else "spectral_norm"
        reason = f"PyTorch recomputes {hook.name!r} by {word} at each call"
        hint = f"torch.nn.utils.remove_{word}(layer, {hook.name!r}) folds it into the weight"
        raise Unsupported(reason, where=where, hint=hint)
    reason = f"a PyTorch hook is registered on this layer ({kind}: {hook!r:.80})"
    hint = "remove it with the handle that register_*_hook returned, and convert again"
    raise Unsupported(reason, where=where, hint=hint)


def _check_tensor(name: str, tensor: Any, where: str) -> None:
    if tensor.is_meta:
        hint = "load the weights first: layer.to_empty(device='cpu') and load_state_dict"
        reason = f"{name!r} is on PyTorch's meta device and has no values"
        raise Unsupported(reason, where=where, hint=hint)
    if tensor.layout != torch.strided or tensor.is_quantized:
        reason = f"{name!r} is a sparse or quantized PyTorch tensor"
        raise Unsupported(reason, where=where, hint="convert the dense layer")


def children(layer: Any) -> dict[str, Any]:
    """Direct sublayers by name; one that stands twice is listed twice."""
    return {name: child for name, child in layer._modules.items() if child is not None}


def _tensors(layer: Any) -> list[tuple[str, Any]]:
    parameters = layer.named_parameters(remove_duplicate=False)
    return [*parameters, *layer.named_buffers(remove_duplicate=False)]


def tensors(layer: Any) -> dict[str, TensorView]:
    """All parameters and buffers below the layer, by dotted name."""
    return {name: view(name, tensor) for name, tensor in _tensors(layer)}


def slots(layer: Any) -> dict[str, Slot]:
    """Shape and dtype of each parameter and buffer, whether it has values yet or not."""
    return {
        name: Slot(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for name, tensor in _tensors(layer)
    }


def is_tensor(value: Any) -> bool:
    """Whether the value is a tensor of this framework."""
    return isinstance(value, torch.Tensor)


def view(name: str, tensor: Any) -> TensorView:
    """A tensor as an array that shares its memory, where it can."""
    plain = tensor.detach().cpu().resolve_conj().resolve_neg()
    dtype = str(tensor.dtype).removeprefix("torch.")
    array = (plain.view(torch.int16) if dtype == "bfloat16" else plain).numpy()
    start = tensor.data_ptr() or id(tensor)
    tie = (start, tuple(tensor.shape), tensor.stride(), dtype)
    return TensorView(name, array, dtype, tensor.requires_grad, start, tie)


def build(api: str, kwargs: Mapping[str, Any], call: Optional[CallMap] = None) -> Any:
    """A new layer whose tensors have no values yet; draws no random numbers."""
    del call  # PyTorch's layers take what MindSpore's take
    cls = resolve(api)
    if _takes_device(cls):
        return cls(**{**kwargs, "device": META})
    with META:
        return cls(**kwargs)


@cache
def _takes_device(cls: type) -> bool:
    """Whether PyTorch's own class says where its tensors are made, which is the quicker way."""
    own = api_of(cls).startswith("torch.nn.")
    return own and "device" in inspect.signature(cls).parameters


def build_container(api: str, kind: str, named: Mapping[str, Any]) -> Any:
    """A container of layers, under their names."""
    del kind
    container = resolve(api)()
    for name, child in named.items():
        container.add_module(name, child)
    return container


def resolve(api: str) -> Any:
    """The class of this name."""
    module, _, name = api.rpartition(".")
    return getattr(importlib.import_module(module), name)


def plain_tensor(array: Array, dtype: str, device: str) -> Any:
    """A tensor that is no parameter and takes over the array."""
    tensor = torch.from_numpy(array)
    if dtype == "bfloat16":
        tensor = tensor.view(torch.bfloat16)
    return tensor if device == "cpu" else tensor.to(device)


def fill(layer: Any, name: str, tensor: Any, *, trainable: bool) -> Any:
    """Make a parameter or buffer of a new layer hold a plain tensor; returns what it is now."""
    can_train = tensor.is_floating_point() or tensor.is_complex()
    parameter = nn.Parameter(tensor, requires_grad=trainable and can_train)
    set_tensor(layer, name, parameter)
    return parameter


def set_tensor(layer: Any, name: str, tensor: Any) -> None:
    """Put what ``fill`` returned where a parameter or buffer of this name is."""
    owner_name, _, own = name.rpartition(".")
    owner = layer.get_submodule(owner_name) if owner_name else layer
    if own in owner._buffers:
        owner._buffers[own] = tensor.detach() if isinstance(tensor, nn.Parameter) else tensor
    else:
        owner._parameters[own] = tensor


def finish(layer: Any) -> None:
    """What is left to do when the whole tree is built."""
    del layer


def is_training(layer: Any) -> bool:
    """The layer's training flag."""
    return bool(layer.training)


def set_training(layer: Any, training: bool) -> None:
    """Set the flag on the layer and all below it."""
    layer.train(training)
