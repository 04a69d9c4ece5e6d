"""Tests that are expected to fail, from a file: ids, one a line, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest


def mark(items: Sequence[pytest.Item], path: Path) -> list[str]:
    """Mark the tests that the file names as strict xfails; gives a sentence for each idle line.

    A line is a test's id, the front of one (a file, a class, a test with all its parameters), the
    part in brackets, or a pattern of these with ``*``; ``#`` begins the reason.
    """
    if not path.is_file():
        raise pytest.UsageError(f"--apimap-xfails={path}: no such file")
    idle = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        name, _, reason = (part.strip() for part in line.partition("#"))
        if not name:
            continue
        meant = [item for item in items if _is_meant(name, item)]
        for item in meant:
            why = reason or f"listed in {path.name}"
            item.add_marker(pytest.mark.xfail(reason=why, strict=True))
        if not meant:
            idle.append(f"{path}:{number}: {name!r} matches no test")
    return idle


def _is_meant(name: str, item: pytest.Item) -> bool:
    bracketed = item.nodeid.partition("[")[2].removesuffix("]")
    fronts = [item.nodeid[: found.start()] for found in re.finditer(r"::|\[", item.nodeid)]
    pattern = re.compile(".*".join(map(re.escape, name.split("*"))))
    return any(pattern.fullmatch(text) for text in (item.nodeid, bracketed, *fronts))
