"""Validated mapping entries kept between processes: reading them from YAML takes 0.4 s for 500.

The file lies in the user's cache folder, is keyed by the mapping files' names, sizes and times,
and is read by an unpickler that knows apimap's own classes only. A missing or broken cache means
a slower start, nothing else. ``APIMAP_CACHE=`` (empty) turns it off, a path moves it.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from apimap.schema import LoadedEntry

ALLOWED = {"apimap.schema", "apimap.loader"}


def load_cached(files: Sequence[Path], shared: Path) -> list[LoadedEntry]:
    """What ``loader.load_files`` returns, from the cache where the files are unchanged."""
    place = _place([*files, shared])
    found = _read(place) if place else None
    if found is not None:
        return found
    from apimap.loader import load_files

    loaded = load_files(files, shared)
    if place:
        _write(place, loaded)
    return loaded


def _place(files: Sequence[Path]) -> Optional[Path]:
    folder = os.environ.get("APIMAP_CACHE")
    if folder == "":
        return None
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    schema = Path(__file__).with_name("schema.py")
    facts = [sys.version, *(_fact(path) for path in (*files, schema))]
    key = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:24]
    return Path(folder or Path(base) / "apimap") / f"entries-{key}.pickle"


def _fact(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return f"{path} absent"
    return f"{path} {status.st_size} {status.st_mtime_ns}"


class _Unpickler(pickle.Unpickler):
    """Makes nothing but entries."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ALLOWED or (module, name) == ("builtins", "set"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a cache of entries")


def _read(place: Path) -> Optional[list[LoadedEntry]]:
    try:
        result = _Unpickler(io.BytesIO(place.read_bytes())).load()
    except Exception:  # noqa: BLE001  a broken pickle raises anything; the files are still there
        return None
    return result if isinstance(result, list) else None


def _write(place: Path, loaded: list[LoadedEntry]) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(pickle.dumps(loaded))
        os.replace(file.name, place)
    except OSError:
        return
