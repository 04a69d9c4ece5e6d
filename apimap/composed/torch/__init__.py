"""Composed layers that run on torch; each is found by its class name."""

from __future__ import annotations

import importlib
from typing import Any

from apimap.composed import compositions


def __getattr__(name: str) -> Any:
    module = compositions("torch").get(name)
    if module is None:
        raise AttributeError(f"apimap.composed.torch has no layer {name!r}")
    return getattr(importlib.import_module(module), name)
