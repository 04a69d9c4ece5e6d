"""`apimap explain` as a whole process, and the catalog with 500 entries."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import yaml

from apimap.mapping_files import SHARED, mapping_files, mapping_folder
from benchmarks.clock import Figure, best

ENTRIES = 500
LOAD = """
import sys, time
from pathlib import Path
from apimap.cache import load_cached
from apimap.catalog import Catalog
from apimap.mapping_files import SHARED, mapping_files
folder = Path(sys.argv[1])
start = time.perf_counter()
catalog = Catalog(load_cached(mapping_files(folder), folder / SHARED))
print(time.perf_counter() - start, len(catalog.entries))
"""
EXPLAIN = """
import sys
sys.argv = ["apimap", "explain", "torch.nn.ConvTranspose1d"]
from apimap.cli import main
try:
    main()
finally:
    print("frameworks:", *({"torch", "mindspore"} & set(sys.modules)), file=sys.stderr)
"""


def figures() -> Iterator[Figure]:
    """Times of fresh processes."""
    for words, settings in (("", {}), (", without its cache", {"APIMAP_CACHE": ""})):
        what = f"apimap explain, whole process{words}"
        yield Figure(what, best(partial(_explain, {**os.environ, **settings}), 10), 0.35, " s")
    told = subprocess.run(
        [sys.executable, "-c", EXPLAIN], capture_output=True, text=True, check=False
    )
    imported = told.stderr.partition("frameworks:")[2].split()
    yield Figure("frameworks that apimap explain imports", len(imported), 0)
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        _load(folder)
        taken = min(_load(folder) for _ in range(10))
        yield Figure(f"loading {ENTRIES} entries, cached between processes", taken, 0.15, " s")


def _explain(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "apimap.cli", "explain", "torch.nn.ConvTranspose1d"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def generate(folder: Path) -> None:
    """Write 500 entries: apimap's own, again and again under new names."""
    own = [item for path in mapping_files(mapping_folder()) for item in _entries(path)]
    (folder / SHARED).write_text((mapping_folder() / SHARED).read_text())
    for start in range(0, ENTRIES, 25):
        entries = []
        for number in range(start, start + 25):
            entry = dict(own[number % len(own)])
            entries.append({**entry, "torch": f"torch.nn.Generated{number}"})
        (folder / f"generated_{start:03}.yaml").write_text(yaml.safe_dump(entries, sort_keys=False))


def _entries(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = yaml.safe_load(path.read_text())
    return found


def _load(folder: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", LOAD, folder], capture_output=True, text=True, check=True
    )
    taken, count = done.stdout.split()
    if int(count) != ENTRIES:
        raise RuntimeError(f"{count} entries were loaded instead of {ENTRIES}")
    return float(taken)
