"""Composed layers that run on mindspore; each is found by its class name."""

from __future__ import annotations

import importlib
from typing import Any

from apimap.composed import compositions


def __getattr__(name: str) -> Any:
    module = compositions("mindspore").get(name)
    if module is None:
        raise AttributeError(f"apimap.composed.mindspore has no layer {name!r}")
    return getattr(importlib.import_module(module), name)
