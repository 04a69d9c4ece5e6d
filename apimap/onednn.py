"""Keep oneDNN off AVX-512, where MindSpore 2.10's convolutions are a hundred times slower.

oneDNN takes a reference convolution there: 3x3 on 8x64x56x56 takes 3276 ms, and 27 ms with
ONEDNN_MAX_CPU_ISA=AVX2. The setting acts on PyTorch in the same process too.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, Optional

VARIABLES = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
FAST = "AVX2"
OPT_OUT = "APIMAP_KEEP_ONEDNN"
LATE = "; MindSpore was imported before, so it holds only if no convolution had run"
CPU_FACTS = Path("/proc/cpuinfo")

_state = {"set_here": False, "late": False}


@dataclass(frozen=True)
class Setting:
    """What limits oneDNN in this process: the value, who set it, and what that means."""

    value: Optional[str]
    by: Literal["apimap", "user", "nobody"]
    words: str


def prefer_fast_convolutions() -> Setting:
    """Limit oneDNN to AVX2 where the processor has AVX-512; call it before MindSpore is imported.

    The user's own setting stays, and ``APIMAP_KEEP_ONEDNN=1`` leaves oneDNN as it is.
    """
    if needed() and not _given() and not _opted_out():
        os.environ[VARIABLES[0]] = FAST
        _state.update(set_here=True, late="mindspore" in sys.modules)
    return setting()


def setting() -> Setting:
    """What holds now; changes nothing."""
    given = _given()
    if given is not None:
        name, value = given
        if not _state["set_here"]:
            return Setting(value, "user", f"{name}={value} was set before apimap")
        return Setting(value, "apimap", f"{name}={value}, set by apimap{LATE * _state['late']}")
    if _opted_out():
        return Setting(None, "user", f"left alone, as {OPT_OUT} asks")
    if not needed():
        return Setting(None, "nobody", "not needed: this processor shows no AVX-512")
    return Setting(None, "nobody", "not set: apimap sets it when it imports MindSpore")


@lru_cache(maxsize=1)
def needed() -> bool:
    """Whether the processor says that it has AVX-512."""
    try:
        return "avx512f" in CPU_FACTS.read_text()
    except OSError:
        return False


def _given() -> Optional[tuple[str, str]]:
    return next(((name, os.environ[name]) for name in VARIABLES if name in os.environ), None)


def _opted_out() -> bool:
    return os.environ.get(OPT_OUT, "") not in ("", "0")
