"""An entry as a person reads it, needing neither framework; `text.py` lays it out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Optional

from apimap import signatures
from apimap.catalog import default_catalog
from apimap.errors import ApimapError
from apimap.evidence import evidence, measured, unmeasured
from apimap.initial import bind_initializer
from apimap.rules import find_rule
from apimap.schema import SIDES, TITLES, Entry, Pair, Param, Same, Side, other
from apimap.text import render
from apimap.translate import Call, converted

Row = dict[str, Any]
Calls = dict[Side, Optional[Call]]


def explain(api: str) -> str:
    """What an API corresponds to, and where the two differ, as plain text.

    ``api`` is the full name of either side. Raises ``UnknownApi`` with the nearest names.

    >>> print(explain("torch.nn.Linear").splitlines()[0])
    torch.nn.Linear  <->  mindspore.nn.Dense
    """
    return render(explanation(api))


def explanation(api: str) -> dict[str, Any]:
    """The same as plain data."""
    entry = default_catalog().find(api)
    plain = {side: plain_call(entry, side) for side in entry.sides}
    return {
        "torch": entry.torch or None,
        "mindspore": entry.mindspore or None,
        "kind": entry.kind,
        "signatures": {side: _signature(entry, side) for side in SIDES if entry.api(side)},
        "parameters": [row for param in entry.params for row in _rows(entry, param, plain)],
        "defaults": {side: str(call) for side, call in plain.items() if call},
        "tensors": [_tensor(tensor) for tensor in entry.tensors],
        "initial": {side: getattr(entry.initial, side) for side in SIDES},
        "rules": [_rule(name) for name in _rule_names(entry)],
        "composed": {s: entry.composition(s) for s in SIDES if entry.composition(s)},
        "unsupported": entry.unsupported.model_dump(exclude_none=True),
        "dtypes": entry.dtypes.model_dump() if entry.dtypes else None,
        "traps": list(entry.traps),
        "evidence": {} if unmeasured(entry) else evidence(),
        "measured": measured(entry),
        "unmeasured": unmeasured(entry) or None,
    }


def plain_call(entry: Entry, source: Side) -> Optional[Call]:
    """What a call with defaults alone becomes; None where no case has its required arguments."""
    cases = entry.parity and getattr(entry.parity, source)
    if not entry.api(source) or entry.is_container:
        return None
    api = entry.api(source)
    try:
        if entry.kind == "initializer":
            return converted(entry, api, bind_initializer(api, (), {}))
        if not cases:
            return None
        given = {**{name: values[0] for name, values in cases.vary.items()}, **cases.args}
        needed = {k: v for k, v in given.items() if _default(api, k) is signatures.EMPTY}
        return converted(entry, api, signatures.bind(api, (), needed))
    except ApimapError:
        return None


def _signature(entry: Entry, side: Side) -> str:
    api = entry.api(side)
    return f"{api}{signatures.signature(api)}"


def _default(api: str, name: str) -> Any:
    return signatures.signature(api).parameters[name].default


def _rows(entry: Entry, param: Param, plain: Calls) -> Iterator[Row]:
    if isinstance(param, Same):
        for name in param.same:
            yield _row(entry, name, name, param, plain)
    elif isinstance(param, Pair):
        for torch_name, mindspore_name in zip_longest(param.torch, param.mindspore):
            yield _row(entry, torch_name, mindspore_name, param, plain)
    else:
        for name in param.own:
            own = param.side == "torch"
            yield _row(entry, name if own else None, None if own else name, param, plain)


def _row(
    entry: Entry,
    torch_name: Optional[str],
    mindspore_name: Optional[str],
    param: Param,
    plain: Calls,
) -> Row:
    ours, theirs = _shown(entry, "torch", torch_name), _shown(entry, "mindspore", mindspore_name)
    return {
        "torch": torch_name,
        "torch_default": ours,
        "mindspore": mindspore_name,
        "mindspore_default": theirs,
        "relation": _relation(param),
        "rule": getattr(param, "rule", None),
        "because": getattr(param, "because", None),
        "defaults_differ": _differ(entry, param, (torch_name, mindspore_name), plain),
    }


def _shown(entry: Entry, side: Side, name: Optional[str]) -> Optional[str]:
    """The default's text; "required" where there is none."""
    if name is None or not entry.api(side):
        return None
    default = _default(entry.api(side), name)
    return "required" if default is signatures.EMPTY else repr(default)


def _relation(param: Param) -> str:
    if isinstance(param, Same):
        return "derived" if param.rule else "same"
    if isinstance(param, Pair):
        return "derived" if param.rule else "values" if param.values else "renamed"
    fills = ", ".join(getattr(param, "fills", ()))
    return f"{TITLES[param.side]} only" + (f", fills {fills}" if fills else "")


def _differ(
    entry: Entry, param: Param, names: tuple[Optional[str], Optional[str]], plain: Calls
) -> bool:
    """Whether leaving the parameter out on both sides gives two different layers."""
    if not isinstance(param, (Same, Pair)) or not (entry.torch and entry.mindspore):
        return False
    both = [
        (_default(entry.api(s), n) if n else signatures.EMPTY)
        for n, s in zip(names, SIDES, strict=True)
    ]
    if param.rule:
        calls = [plain.get(other(side)) for side in SIDES]
        return any(
            call is not None and call.route == "native" and name in call.kwargs
            for name, call, default in zip(names, calls, both, strict=True)
            if default is not signatures.EMPTY
        )
    if isinstance(param, Pair) and param.values is not None:
        both[0] = param.values.get(both[0], both[0])
    return signatures.EMPTY not in both and not signatures.same_value(*both)


def _tensor(tensor: Any) -> Row:
    return {
        **{side: tensor.name(side) for side in SIDES},
        "layout": tensor.layout,
        "if": tensor.if_,
        "fill": tensor.fill,
        "because": tensor.because,
    }


def _rule_names(entry: Entry) -> list[str]:
    named = (getattr(param, "rule", None) for param in entry.params)
    return list(dict.fromkeys(name for name in named if name))


def _rule(name: str) -> Row:
    found = find_rule(name)
    directions = {f"to_{s}": getattr(found, f"to_{s}").__doc__ for s in reversed(SIDES)}
    return {"name": name, "doc": found.doc, **directions}
