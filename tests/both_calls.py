"""A call and its counterpart."""

from __future__ import annotations

import apimap
from apimap import signatures
from apimap.call import Call
from apimap.catalog import default_catalog
from apimap.initial import bind_initializer
from apimap.parse import parse_call


def translated(text: str) -> tuple[Call, Call]:
    """A call as it stands, and its counterpart."""
    api, args, kwargs = parse_call(text)
    entry = default_catalog().find(api)
    bind = bind_initializer if entry.kind == "initializer" else signatures.bind
    return Call(api, bind(api, tuple(args), kwargs)), apimap.translate(api, *args, **kwargs)
