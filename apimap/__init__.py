"""apimap: PyTorch to MindSpore and back, value for value.

>>> import apimap
>>> print(apimap.translate("torch.nn.Linear", 3, 4))
mindspore.nn.Dense(3, 4)
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from apimap.catalog import load_mappings as load_mappings
    from apimap.errors import ApimapError as ApimapError
    from apimap.errors import BackendUnavailable as BackendUnavailable
    from apimap.errors import InvalidCall as InvalidCall
    from apimap.errors import MappingFileError as MappingFileError
    from apimap.errors import ParityError as ParityError
    from apimap.errors import UnknownApi as UnknownApi
    from apimap.errors import Unsupported as Unsupported
    from apimap.explain import explain as explain
    from apimap.layers import to_mindspore as to_mindspore
    from apimap.layers import to_torch as to_torch
    from apimap.parity.check import assert_parity as assert_parity
    from apimap.parity.check import check_parity as check_parity
    from apimap.rules import rule as rule
    from apimap.translate import Call as Call
    from apimap.translate import translate as translate

_HOMES = {
    "load_mappings": "catalog",
    "ApimapError": "errors",
    "BackendUnavailable": "errors",
    "InvalidCall": "errors",
    "MappingFileError": "errors",
    "ParityError": "errors",
    "UnknownApi": "errors",
    "Unsupported": "errors",
    "explain": "explain",
    "to_mindspore": "layers",
    "to_torch": "layers",
    "assert_parity": "parity.check",
    "check_parity": "parity.check",
    "rule": "rules",
    "Call": "translate",
    "translate": "translate",
}
__all__ = sorted(_HOMES)


class _Face(ModuleType):
    """Importing the module ``apimap.translate`` does not hide the function of that name."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"apimap has no {name!r}")
    value = getattr(importlib.import_module(f"apimap.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
