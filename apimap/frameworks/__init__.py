"""The only place, beside ``apimap.composed``, where the frameworks are imported."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from apimap.errors import BackendUnavailable

INSTALL = {"torch": "pip install 'apimap[torch]'", "mindspore": "pip install 'apimap[mindspore]'"}


@cache
def framework(side: str) -> Any:
    """The module that speaks for one framework; both have the same functions.

    Raises ``BackendUnavailable`` where the framework cannot be imported.
    """
    try:
        return importlib.import_module(f"{__name__}.{side}")
    except ImportError as error:
        raise BackendUnavailable(
            f"{side} cannot be imported: {error}", hint=f"{INSTALL[side]}; see `apimap doctor`"
        ) from error
