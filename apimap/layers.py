"""Live layer to live layer: the same code both ways."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, Optional

from apimap import copying, origin
from apimap.catalog import default_catalog
from apimap.composed import is_composed
from apimap.errors import ApimapError, InvalidCall, Unsupported
from apimap.frameworks import framework
from apimap.reading import read
from apimap.schema import Entry, Flavor, Side, other
from apimap.translate import Call, check_flavor, convert_call
from apimap.weights import own_copy

# What a subclass may say anew and still compute what its parent does.
HARMLESS = {
    "__init__",
    "__module__",
    "__qualname__",
    "__doc__",
    "__annotations__",
    "__constants__",
    "__repr__",
    "extra_repr",
    "extend_repr",
}


def to_mindspore(
    module: Any,
    *,
    device: Optional[str] = None,
    native_only: bool = False,
    flavor: Optional[Flavor] = None,
) -> Any:
    """The MindSpore cell that computes what a PyTorch layer or container of layers computes.

    Args:
        module: a ``torch.nn.Module`` that apimap maps (``apimap list``), or a container of them.
        device: "CPU", "GPU" or "Ascend"; MindSpore's current target where it is left out.
        native_only: refuse layers of ``apimap.composed``, and take MindSpore's own classes as
            they are (most of them refuse input without a batch axis).
        flavor: "mint" takes layers of ``mindspore.mint.nn`` where it has them; most of them have
            no kernels on CPU and are refused there.

    Returns:
        a ``mindspore.nn.Cell`` with copies of the weights and buffers, and the same dtypes,
        training flags, ``requires_grad`` and ties.

    Raises:
        Unsupported: no exact counterpart exists; the message says where, why, and what to do.
        UnknownApi: a layer has no entry. BackendUnavailable: a framework or device is missing.

    >>> import torch
    >>> to_mindspore(torch.nn.Linear(2, 3))
    Dense(input_channels=2, output_channels=3, has_bias=True)
    """
    check_flavor(flavor)
    return _Conversion("torch", device, native_only, flavor).root(module)


def to_torch(cell: Any, *, device: Optional[str] = None, native_only: bool = False) -> Any:
    """The PyTorch module that computes what a MindSpore layer or container of layers computes.

    Args:
        cell: a ``mindspore.nn.Cell`` that apimap maps (``apimap list``), or a container of them.
        device: "cpu", "cuda" or "npu"; PyTorch's default device where it is left out.
        native_only: refuse layers of ``apimap.composed``.

    Returns:
        a ``torch.nn.Module`` with copies of the weights and buffers, and the same dtypes,
        training flags, ``requires_grad`` and ties. What came from ``to_mindspore`` comes back
        with its own class, arguments and bit-equal ``state_dict``.

    Raises:
        Unsupported: no exact counterpart exists; the message says where, why, and what to do.
        UnknownApi: a layer has no entry. BackendUnavailable: a framework or device is missing.

    >>> from mindspore import nn
    >>> to_torch(nn.Dense(2, 3))
    Linear(in_features=2, out_features=3, bias=True)
    """
    return _Conversion("mindspore", device, native_only).root(cell)


@dataclass
class _Conversion:
    """One call of ``to_mindspore`` or ``to_torch``: what was converted already, by identity."""

    side: Side
    device: Optional[str]
    native_only: bool
    flavor: Optional[Flavor] = None
    layers: dict[int, Any] = field(default_factory=dict)
    tensors: copying.Ties = field(default_factory=copying.Ties)

    def root(self, layer: Any) -> Any:
        self.source = framework(self.side)
        self.target = framework(other(self.side))
        self._refuse_strangers(layer)
        self.device = self.target.use_device(self.device)
        result = self.layer(layer, type(layer).__name__)
        self._restore_training(layer, result)
        self.target.finish(result)
        return result

    def _refuse_strangers(self, layer: Any) -> None:
        if self.source.is_layer(layer):
            return
        way = "to_mindspore" if self.side == "torch" else "to_torch"
        if self.target.is_layer(layer):
            opposite = "to_torch" if self.side == "torch" else "to_mindspore"
            text = f"apimap.{way} takes layers of {self.side}, this is one of {other(self.side)}"
            raise InvalidCall(text, hint=f"apimap.{opposite} goes the other way")
        text = f"apimap.{way} takes a layer of {self.side}, not {type(layer).__name__}"
        hint = "build the layer first" if isinstance(layer, type) else ""
        raise InvalidCall(text, hint=hint)

    def layer(self, layer: Any, where: str) -> Any:
        """The counterpart of one layer; a layer met before gives the same object again."""
        if id(layer) not in self.layers:
            try:
                self.source.check(layer, where)
                entry = self._entry(layer, where)
                self._check_platform(entry)
                self._refuse_hopeless(layer, entry)
                convert = self._container if entry.is_container else self._leaf
                self.layers[id(layer)] = convert(layer, entry, where)
            except ApimapError as error:
                error.where = error.where or where
                raise
        return self.layers[id(layer)]

    def _entry(self, layer: Any, where: str) -> Entry:
        catalog, cls = default_catalog(), type(layer)
        if self.source.own_forward(layer):
            reason = f"this {cls.__name__}'s forward was replaced, in PyTorch or MindSpore"
            raise Unsupported(reason, where=where, hint="convert the original layer")
        own: list[type] = []
        came_from = origin.source_api(layer)
        for base in cls.__mro__:
            entry = self._between(came_from, base)
            entry = entry or catalog.get(self.source.api_of(base), self.flavor)
            if entry is not None and (entry.kind != "other" or base is cls):
                _refuse_overrides(cls, own, self.source.api_of(base), where)
                return entry
            own.append(base)
        return self._unmapped(cls, where)

    def _check_platform(self, entry: Entry) -> None:
        """Refuse a class without kernels, unless it only goes back to what it was."""
        asked_for = self.side == "torch" and entry.flavor == self.flavor
        if asked_for and entry.platforms and self.device not in entry.platforms:
            reason = f"MindSpore's {entry.mindspore} has no kernels for {self.device}"
            hint = "convert without flavor" if entry.flavor else ""
            raise Unsupported(reason, hint=hint)

    def _refuse_hopeless(self, layer: Any, entry: Entry) -> None:
        """Before anything is read of a layer that has no way there, whatever its arguments."""
        to = other(self.side)
        refused = getattr(entry.unsupported, f"to_{to}")
        comes_back = is_composed(layer) or origin.source_api(layer)
        if refused and not entry.composition(to) and not comes_back:
            raise Unsupported(refused)

    def _between(self, came_from: str, cls: type) -> Optional[Entry]:
        """The entry that a converted layer came by; its class alone may lead to another."""
        names = {self.side: self.source.api_of(cls), other(self.side): came_from}
        return default_catalog().between(names["torch"], names["mindspore"]) if came_from else None

    def _unmapped(self, cls: type, where: str) -> Entry:
        api = self.source.api_of(cls)
        if api.startswith(("torch.", "mindspore.")):
            return default_catalog().find(api)
        reason = f"{api} is no layer that apimap maps from {self.side}"
        hint = "convert its layers one by one, or map it with apimap.load_mappings"
        raise Unsupported(reason, where=where, hint=hint)

    def _container(self, layer: Any, entry: Entry, where: str) -> Any:
        children = self.source.children(layer)
        stray = [n for n in self.source.slots(layer) if n.partition(".")[0] not in children]
        if stray:
            reason = f"this {self.side} container owns a tensor itself: {stray[0]!r}"
            raise Unsupported(reason, where=where, hint="move it into a layer")
        named = {name: self.layer(child, f"{where}.{name}") for name, child in children.items()}
        return self._contain(entry, entry.api(other(self.side)), named, where)

    def _contain(self, entry: Entry, api: str, named: dict[str, Any], where: str) -> Any:
        composition = entry.composition(other(self.side))
        try:
            return self.target.build_container(api, entry.kind, named)
        except (KeyError, ValueError, TypeError) as error:
            if composition is None or self.native_only or api == composition:
                reason = f"{api} (PyTorch or MindSpore) refuses these children: {error}"
                raise Unsupported(reason, where=where, needs_composition=composition) from error
        return self._contain(entry, composition, named, where)

    def _leaf(self, layer: Any, entry: Entry, where: str) -> Any:
        values = read(layer, entry, self.side)
        record = origin.recall(layer, values)
        call = self._call(layer, entry, values, record)
        adapt = record["adapted"] if record else call.route == "native"
        kwargs = {n: self._argument(v, f"{where}.{n}") for n, v in call.kwargs.items()}
        built = self._build(call, kwargs, entry, adapt and not self.native_only, where)
        composed = call.route == "composed" or is_composed(layer)
        nested = {name for name, value in values.items() if self.source.is_layer(value)}
        nested |= self._children(layer, built, where) if composed else set()
        views = {
            name: view
            for name, view in self.source.tensors(layer).items()
            if name.partition(".")[0] not in nested
        }
        given = {name for name, value in kwargs.items() if self.target.is_tensor(value)}
        job = copying.Job(entry, self.side, self.target, str(self.device), self.tensors, where)
        kept = job.copy(views, built, nested, given, record, identical=composed)
        if not composed and not nested and not given:
            fingerprint = read(built, entry, other(self.side))
            adapted = self.source.is_adapted(layer)
            origin.note(built, entry.api(self.side), values, fingerprint, kept, adapted=adapted)
        return built

    def _argument(self, value: Any, where: str) -> Any:
        """An argument that is a layer or a tensor, as one of the other framework."""
        if self.source.is_layer(value):
            return self.layer(value, where)
        if isinstance(value, tuple):
            return tuple(self._argument(each, where) for each in value)
        if isinstance(value, dict):
            return {key: self._argument(each, where) for key, each in value.items()}
        if not self.source.is_tensor(value):
            return value
        view = self.source.view("", value)
        array = own_copy(view.array)
        return self.target.plain_tensor(array, view.dtype, str(self.device))

    def _children(self, layer: Any, built: Any, where: str) -> set[str]:
        """Put converted sublayers where a composed layer says that it takes any."""
        held = self.source.children(layer)
        names = getattr(layer if is_composed(layer) else built, "converted_children", ())
        for name in names:
            if name in held:
                setattr(built, name, self.layer(held[name], f"{where}.{name}"))
        return {name for name in names if name in held}

    def _call(
        self, layer: Any, entry: Entry, values: dict[str, Any], record: Optional[origin.Record]
    ) -> Call:
        if record is not None:
            return Call(entry.api(other(self.side)), record["arguments"])
        api = entry.composition(self.side) if is_composed(layer) else entry.api(self.side)
        return convert_call(entry, str(api), values, native_only=self.native_only)

    def _build(
        self, call: Call, kwargs: dict[str, Any], entry: Entry, adapt: bool, where: str
    ) -> Any:
        try:
            return self.target.build(call.api, kwargs, entry.call if adapt else None)
        except (ValueError, TypeError, RuntimeError) as error:
            if isinstance(error, ApimapError):
                raise
            reason = f"{call.api} (PyTorch or MindSpore) refuses {kwargs}: {error}"
            raise Unsupported(reason, where=where) from error

    def _restore_training(self, source: Any, target: Any) -> None:
        """From the top down, since setting a flag sets it on everything below."""
        self.target.set_training(target, self.source.is_training(source))
        counterparts = self.source.children(source)
        for child in counterparts.values():
            if id(child) in self.layers:
                self._restore_training(child, self.layers[id(child)])


def _refuse_overrides(cls: type, own: list[type], api: str, where: str) -> None:
    changed = sorted({name for base in own for name in vars(base)} - HARMLESS)
    changed = [name for name in changed if callable(getattr(cls, name, None))]
    if changed:
        reason = f"{cls.__qualname__} is a subclass of {api} with its own {changed[0]}"
        hint = "convert an instance of the parent class, or map the subclass with load_mappings"
        raise Unsupported(
            f"{reason}, which no PyTorch or MindSpore layer has", where=where, hint=hint
        )
    if own:
        warnings.warn(f"{where}: {cls.__qualname__} is converted as {api}", stacklevel=2)
