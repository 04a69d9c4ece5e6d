"""Parameter names, kinds and defaults of both frameworks, from generated snapshots.

``make signatures`` writes the JSON files beside this one. Calls are bound against them, so
neither framework is needed to translate a call.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from apimap.errors import InvalidCall, UnknownApi
from apimap.nearest import nearest_hint

FILES = {"torch": "torch-2.13.json", "mindspore": "mindspore-2.10.json"}
EMPTY = inspect.Parameter.empty


class Name(str):
    """A default that is an object of a framework, by its dotted name: ``mindspore.float32``."""

    def __repr__(self) -> str:
        return str(self)


@cache
def snapshot(side: str) -> dict[str, Any]:
    """The whole snapshot of one framework: ``{"version": ..., "apis": {name: [...]}}``."""
    path = Path(__file__).with_name(FILES[side])
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def side_of(api: str) -> str:
    """ "torch" or "mindspore", by the first word of an API name."""
    root = api.split(".", 1)[0]
    if root in FILES:
        return root
    raise UnknownApi(
        f"{api!r} belongs to neither framework",
        hint="write the full name, as in torch.nn.Conv2d or mindspore.nn.Conv2d",
    )


def known_apis(side: str) -> list[str]:
    """Every API of the framework that has a snapshot."""
    return list(snapshot(side)["apis"])


@cache
def signature(api: str) -> inspect.Signature:
    """The API's signature.

    Raises ``UnknownApi`` with the nearest names.
    """
    apis = snapshot(side_of(api))["apis"]
    if api not in apis:
        hint = nearest_hint(api, apis) or "see `apimap list`"
        raise UnknownApi(f"no signature of {api!r} is known", hint=hint)
    return inspect.Signature([_parameter(*row) for row in apis[api]])


def _parameter(name: str, kind: str, default: Any = EMPTY) -> inspect.Parameter:
    value = EMPTY if default is EMPTY else _value(default)
    return inspect.Parameter(name, getattr(inspect.Parameter, kind), default=value)


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return Name(text)


def bind(api: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments of a call by name, defaults filled in.

    Raises ``InvalidCall`` that names the parameter and the nearest ones.
    """
    own = signature(api)
    unknown = [name for name in kwargs if name not in own.parameters]
    if unknown and not _takes_any(own):
        hint = nearest_hint(unknown[0], own.parameters) or f"its signature is {api}{own}"
        raise InvalidCall(f"has no parameter {unknown[0]!r}", where=api, hint=hint)
    try:
        bound = own.bind(*args, **kwargs)
    except TypeError as error:
        raise InvalidCall(str(error), where=api, hint=f"its signature is {api}{own}") from None
    bound.apply_defaults()
    return dict(bound.arguments)


def _takes_any(own: inspect.Signature) -> bool:
    return any(item.kind is item.VAR_KEYWORD for item in own.parameters.values())


def is_default(api: str, name: str, value: Any) -> bool:
    """Whether the value is what the API takes when the argument is left out."""
    parameter = signature(api).parameters[name]
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return not value
    return parameter.default is not EMPTY and same_value(parameter.default, value)


def same_value(a: Any, b: Any) -> bool:
    """Equality that tells True from 1 and tensors apart, and keeps NaN equal to itself."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(same_value, a, b))
    if hasattr(a, "shape") or hasattr(b, "shape"):
        return a is b  # a tensor compares element by element
    return bool(a == b) or (a != a and b != b)
