"""Copy a layer's tensors into its counterpart: once, tied where they were tied, none lost."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from apimap.errors import ApimapError, Unsupported
from apimap.origin import KeptTensor, Record
from apimap.schema import Entry, Side, TensorMap, other
from apimap.tensors import FLOATING, Array, Slot, TensorView
from apimap.weights import filled, is_filled, own_copy, relayout


@dataclass(frozen=True)
class _Tied:
    tie: Hashable
    layout: Optional[str]
    tensor: Any


class Ties(dict[Hashable, _Tied]):
    """Target tensors by the source's storage."""


@dataclass
class Job:
    """Where the tensors of one layer come from and go to."""

    entry: Entry
    side: Side
    target: Any
    device: str
    ties: Ties
    where: str

    def copy(
        self,
        views: Mapping[str, TensorView],
        built: Any,
        nested: Collection[str],
        given: Collection[str],
        record: Optional[Record],
        *,
        identical: bool,
    ) -> dict[str, KeptTensor]:
        """Fill the built layer; returns the source's tensors that it has no place for.

        Those below ``nested`` are not this job's; those ``given`` were arguments already.
        """
        slots = {
            name: slot
            for name, slot in self.target.slots(built).items()
            if name.partition(".")[0] not in nested
        }
        self._check_dtypes(views)
        left = {n: view for n, view in views.items() if n in slots or n not in given}
        open_slots = dict(slots)
        kept = {}
        for tensor in _identity(views) if identical else self.entry.tensors:
            source, target = tensor.name(self.side), tensor.name(other(self.side))
            view, slot = left.pop(source or "", None), open_slots.pop(target or "", None)
            if view is not None and slot is not None and target is not None:
                self._tied(built, target, view, tensor, slot)
            elif view is not None:
                kept[view.name] = self._without_place(view, tensor, record)
            elif slot is not None and target is not None:
                self._without_source(built, target, slot, tensor, views, record)
        for name in given:
            left.pop(name, None)
            open_slots.pop(name, None)
        self._refuse_leftovers(left, open_slots)
        return kept

    def _tied(self, built: Any, name: str, view: TensorView, tensor: TensorMap, slot: Slot) -> None:
        known = self.ties.get(view.storage)
        if known is None:
            array = own_copy(relayout(view.array, tensor, other(self.side)))
            self._check_shape(view, array.shape, slot)
            made = self._fill(built, name, array, view.dtype, view.trainable)
            self.ties[view.storage] = _Tied(view.tie, tensor.layout, made)
            return
        if (known.tie, known.layout) != (view.tie, tensor.layout):
            reason = f"{view.name!r} shares memory with another {self.side} tensor of another shape"
            raise Unsupported(reason, where=self.where, hint="give it memory of its own: .clone()")
        self.target.set_tensor(built, name, known.tensor)

    def _fill(self, built: Any, name: str, array: Array, dtype: str, trainable: bool) -> Any:
        try:
            tensor = self.target.plain_tensor(array, dtype, self.device)
            return self.target.fill(built, name, tensor, trainable=trainable)
        except (TypeError, RuntimeError, ValueError) as error:
            reason = f"{other(self.side)} has no tensor of dtype {dtype}: {error}"
            raise Unsupported(reason, where=self.where, hint="cast the layer first") from error

    def _check_shape(self, view: TensorView, shape: tuple[int, ...], slot: Slot) -> None:
        if tuple(shape) != slot.shape:
            text = f"{view.name!r} has shape {shape}, its counterpart {slot.shape}"
            raise ApimapError(
                text, where=self.where, hint="the layer's arguments and weights differ"
            )

    def _check_dtypes(self, views: Mapping[str, TensorView]) -> None:
        dtypes = self.entry.dtypes
        known = getattr(dtypes, other(self.side)).get(self.device) if dtypes else None
        if dtypes is None or known is None:
            return
        for view in views.values():
            if view.dtype in FLOATING and view.dtype not in known:
                reason = f"{view.name!r} is {view.dtype}. {dtypes.because}"
                hint = f"on {self.device} cast the layer to {' or '.join(known)} first"
                raise Unsupported(reason, where=self.where, hint=hint)

    def _without_place(
        self, view: TensorView, tensor: TensorMap, record: Optional[Record]
    ) -> KeptTensor:
        paired = tensor.name("torch") and tensor.name("mindspore")
        if record is None and paired and not is_filled(view.array, view.dtype, tensor.fill):
            reason = f"{view.name!r} has values, and its {other(self.side)} counterpart has none"
            raise Unsupported(reason, where=self.where)
        return own_copy(view.array), view.dtype, view.trainable

    def _without_source(
        self,
        built: Any,
        name: str,
        slot: Slot,
        tensor: TensorMap,
        views: Mapping[str, TensorView],
        record: Optional[Record],
    ) -> None:
        kept = record["tensors"].get(name) if record else None
        if kept is not None:
            self._fill(built, name, own_copy(kept[0]), *kept[1:])
        elif tensor.fill is None:
            text = f"the mapping says no value for {name!r} of {self.entry.api(other(self.side))}"
            raise ApimapError(text, where=self.where, hint="say fill in its mapping entry")
        else:
            dtype = slot.dtype
            if dtype in FLOATING:
                dtype = next((v.dtype for v in views.values() if v.dtype in FLOATING), dtype)
            self._fill(built, name, filled(slot.shape, dtype, tensor.fill), dtype, False)

    def _refuse_leftovers(
        self, left: Mapping[str, TensorView], open_slots: Mapping[str, Slot]
    ) -> None:
        if left:
            reason = f"{next(iter(left))!r} is no tensor of {self.entry.api(self.side)}"
            raise Unsupported(f"{reason}; it would be lost", where=self.where)
        if open_slots:
            text = f"nothing fills {next(iter(open_slots))!r}"
            raise ApimapError(text, where=self.where, hint="map it under tensors in its entry")


def _identity(views: Mapping[str, TensorView]) -> list[TensorMap]:
    return [TensorMap.model_validate({"same": name}) for name in views]
