"""The relations of an entry at work: one call's values to the other framework's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apimap import signatures
from apimap.call import Call, Values
from apimap.errors import ApimapError, InvalidCall, Unsupported
from apimap.rules import find_rule
from apimap.schema import Entry, MindsporeOnly, OneSided, Pair, Same, Side, TorchOnly, other


def convert_call(entry: Entry, api: str, values: Values, *, native_only: bool = False) -> Call:
    """The counterpart of a call whose arguments are all bound; a missing value is left out."""
    if api not in (entry.torch, entry.mindspore):
        target = entry.mindspore if api == entry.composition("torch") else entry.torch
        return Call(target, emitted(target, values))
    source: Side = "torch" if api == entry.torch else "mindspore"
    refused = getattr(entry.unsupported, f"to_{other(source)}")
    try:
        if refused:
            _refuse_final(entry, source, values)
            raise Unsupported(refused)
        return _native(entry, source, values)
    except Unsupported as error:
        return _composed(entry, source, values, error, native_only)


def _refuse_final(entry: Entry, source: Side, values: Values) -> None:
    """Raise for values that no composed layer takes either."""
    for param in entry.params:
        if isinstance(param, (TorchOnly, MindsporeOnly)) and param.side == source and param.final:
            _leaving(entry, param, values)
        elif isinstance(param, Pair) and param.values is not None:
            _pair(entry, param, source, values)


def _native(entry: Entry, source: Side, values: Values) -> Call:
    target = other(source)
    converted: dict[str, Any] = {}
    notes: list[str] = []
    for param in entry.params:
        if isinstance(param, Same):
            converted.update(_same(param, source, values))
        elif isinstance(param, Pair):
            converted.update(_pair(entry, param, source, values))
        elif param.side == source:
            notes += _leaving(entry, param, values)
        elif "neutral" in param.model_fields_set:
            converted.update(dict.fromkeys(param.own, param.neutral))
    api = entry.api(target)
    return Call(api, emitted(api, converted), tuple(notes))


def emitted(api: str, converted: Values) -> dict[str, Any]:
    """In the signature's order, without what equals the API's own default."""
    names = signatures.signature(api).parameters
    return {
        name: converted[name]
        for name in names
        if name in converted and not signatures.is_default(api, name, converted[name])
    }


def _same(param: Same, source: Side, values: Values) -> dict[str, Any]:
    present = [name for name in param.same if name in values]
    if param.rule is None:
        return {name: values[name] for name in present}
    return {name: _apply(param.rule, source, [values[name]], {}) for name in present}


def _pair(entry: Entry, param: Pair, source: Side, values: Values) -> dict[str, Any]:
    own, others = param.names(source), param.names(other(source))
    if not all(name in values for name in own):
        return {}
    given = [values[name] for name in own]
    if param.values is not None:
        return {others[0]: _through(param.values, own[0], given[0], source)}
    if param.rule is None:
        return {others[0]: given[0]}
    reads = {name: values[_read_name(entry, name, source)] for name in param.reads}
    result = _apply(param.rule, source, given, reads)
    return dict(zip(others, result if len(others) > 1 else (result,), strict=True))


def _through(values: Mapping[Any, Any], name: str, value: Any, source: Side) -> Any:
    for torch_value, mindspore_value in values.items():
        ours, theirs = torch_value, mindspore_value
        if source == "mindspore":
            ours, theirs = theirs, ours
        if signatures.same_value(ours, value):
            return theirs
    legal = list(values) if source == "torch" else list(values.values())
    raise InvalidCall(f"{name} must be one of {legal}, got {value!r}")


def _read_name(entry: Entry, torch_name: str, source: Side) -> str:
    """What a parameter that a rule reads is called on the source side."""
    if source == "torch":
        return torch_name
    for param in entry.params:
        if isinstance(param, Pair) and param.torch == (torch_name,):
            return param.mindspore[0]
    return torch_name


def _apply(name: str, source: Side, given: list[Any], reads: Values) -> Any:
    rule = find_rule(name)
    function: Callable[..., Any] = rule.to_mindspore if source == "torch" else rule.to_torch
    try:
        return function(*given, **reads)
    except ApimapError:
        raise
    except (TypeError, ValueError, IndexError) as error:
        shown = ", ".join(map(repr, given))
        raise InvalidCall(f"rule {name} cannot read ({shown}): {error}") from error


def _leaving(entry: Entry, param: OneSided, values: Values) -> list[str]:
    """Notes on one-sided parameters of the source; refuses values that do something."""
    api = entry.api(param.side)
    notes = []
    for name in param.own:
        if name not in values:
            continue
        value = values[name]
        is_default = signatures.is_default(api, name, value)
        if param.ignored:
            notes += [] if is_default else [f"{name}={value!r} is left out. {param.because}"]
        elif not (
            is_default if param.construction else signatures.same_value(value, param.neutral)
        ):
            final = param.final or param.construction
            raise Unsupported(f"{name}={value!r}: {param.because}", where=api, final=final)
    return notes


def _composed(
    entry: Entry, source: Side, values: Values, error: Unsupported, native_only: bool
) -> Call:
    api, composition = entry.api(source), entry.composition(other(source))
    if composition is None or error.final:
        raise Unsupported(error.because, where=api, hint=error.hint) from None
    if native_only:
        hint = f"without native_only, {composition} computes it exactly"
        raise Unsupported(error.because, where=api, hint=hint, needs_composition=composition)
    kwargs = emitted(api, values)
    for name in entry.construction(source) & kwargs.keys():
        reason = f"{name}={kwargs[name]!r}: composed layers of PyTorch and MindSpore do not take it"
        raise Unsupported(reason, where=api, hint="set it on the converted layer")
    return Call(composition, kwargs, (f"Composed: {error.because}",), "composed")
