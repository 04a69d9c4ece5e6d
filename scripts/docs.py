"""Write the generated parts of the documentation: ``python -m scripts.docs [--check]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from apimap.catalog import default_catalog
from apimap.coverage import coverage
from apimap.evidence import is_stale
from apimap.parity.results import SCHEMA, schema_text
from scripts.coverage_page import page, summary

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- coverage: written by `make docs` -->", "<!-- end of coverage -->"


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    found = coverage()
    readme = ROOT / "README.md"
    head, _, rest = readme.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    return {
        readme: f"{head}{BEGIN}\n{summary(found)}\n{END}{tail}",
        ROOT / "docs" / "coverage.md": page(found),
        SCHEMA: schema_text(),
    }


def problems() -> Iterator[str]:
    """Pages that are not what would be written, and entries that changed since they were run."""
    for path, text in pages().items():
        if not path.exists() or path.read_text() != text:
            yield f"{path.relative_to(ROOT)} is stale: run `make docs`"
    for entry in default_catalog().entries:
        if is_stale(entry):
            again = f"apimap parity {entry.name} --jobs 2 --evidence apimap/evidence.json"
            yield f"{entry.name} changed since it was measured: run `{again}` and `make docs`"


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` say what is stale."""
    if "--check" in arguments:
        found = list(problems())
        print("\n".join(found), file=sys.stderr)
        return 1 if found else 0
    for path, text in pages().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
