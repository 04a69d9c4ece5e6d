"""Call to Call, as plain data: imports neither framework."""

from __future__ import annotations

from typing import Any, Optional, get_args

from apimap import signatures
from apimap.call import Call as Call
from apimap.call import Values, source_api
from apimap.call import required as required
from apimap.catalog import default_catalog
from apimap.convert import convert_call as convert_call
from apimap.errors import ApimapError, InvalidCall
from apimap.initial import bind_initializer, complete, without_initial_values
from apimap.schema import Entry, Flavor, Side, other


def translate(
    api: str,
    /,
    *args: Any,
    to: Optional[Side] = None,
    native_only: bool = False,
    flavor: Optional[Flavor] = None,
    **kwargs: Any,
) -> Call:
    """The call of the other framework that computes the same numbers.

    ``api`` is the full name of a PyTorch or MindSpore API, the rest its arguments; the direction
    follows from the name. ``native_only`` refuses composed layers; ``flavor="mint"`` takes
    ``mindspore.mint.nn`` where it has the layer.

    Raises ``UnknownApi`` and ``InvalidCall`` (with nearest names), and ``Unsupported`` with the
    reason where no exact call exists.

    >>> str(translate("torch.nn.Linear", 3, 4, bias=False))
    'mindspore.nn.Dense(3, 4, has_bias=False)'
    """
    catalog = default_catalog()
    check_flavor(flavor)
    entry = catalog.find(api, flavor)
    source = catalog.side(api)
    api = entry.api(source) if api in entry.aliases else api
    if to is not None and to != other(source):
        raise InvalidCall(
            f"cannot be translated to {to!r}", where=api, hint=f"to={other(source)!r}"
        )
    bind = bind_initializer if entry.kind == "initializer" else signatures.bind
    bound = bind(source_api(api), args, kwargs)
    values = {name: _tuples(value) for name, value in bound.items()}
    if entry.is_container:
        raise InvalidCall(
            "holds layers, which a call cannot name",
            where=api,
            hint="build it and use apimap.to_mindspore or apimap.to_torch",
        )
    try:
        return converted(entry, api, values, native_only=native_only)
    except ApimapError as error:
        error.where = error.where or api
        raise


def check_flavor(flavor: Optional[str]) -> None:
    """Raise ``InvalidCall`` for a flavor that there is not."""
    if flavor is not None and flavor not in get_args(Flavor):
        raise InvalidCall(f"no flavor {flavor!r}", hint=f"{', '.join(get_args(Flavor))}, or none")


def _tuples(value: Any) -> Any:
    """MindSpore takes no lists where PyTorch takes either."""
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value


def converted(entry: Entry, api: str, values: Values, *, native_only: bool = False) -> Call:
    """The counterpart of a call whose arguments are all bound, with its new layer's values."""
    left = without_initial_values(entry, api, values)
    call = convert_call(entry, api, left, native_only=native_only)
    return complete(entry, api, values, call)
