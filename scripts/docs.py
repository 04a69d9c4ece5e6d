"""Write the generated parts of the documentation: ``python scripts/docs.py [--check]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apimap.coverage import coverage
from apimap.evidence import sentence
from apimap.parity.results import SCHEMA, schema_text

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- coverage: written by `make docs` -->", "<!-- end of coverage -->"
Row = dict[str, Any]


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    rows = coverage()["entries"]
    mapped = [row for row in rows if row["mindspore"]]
    readme = ROOT / "README.md"
    head, _, rest = readme.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    summary = _summary(mapped, len(rows))
    return {
        readme: f"{head}{BEGIN}\n{summary}\n{END}{tail}",
        ROOT / "docs" / "coverage.md": _page(mapped, len(rows)),
        SCHEMA: schema_text(),
    }


def _summary(mapped: Sequence[Row], total: int) -> str:
    names = ", ".join(row["torch"].removeprefix("torch.nn.") for row in mapped)
    return (
        f"{_count(mapped, total)}\n\n{names}.\n\n"
        f"Routes and refusals, class by class: [docs/coverage.md](docs/coverage.md). {sentence()}"
    )


def _count(mapped: Sequence[Row], total: int) -> str:
    ways = (
        f"{sum(row[key] != 'unsupported' for row in mapped)} to {name}"
        for key, name in (("state", "MindSpore"), ("to_torch", "PyTorch"))
    )
    return f"{len(mapped)} of the {total} classes of `torch.nn`, {' and '.join(ways)}:"


def _page(mapped: Sequence[Row], total: int) -> str:
    lines = [
        "# Coverage",
        "",
        "Written by `make docs`. A route is the one that an API takes with its default arguments;",
        "a native one may be composed for other arguments, which `apimap explain` names.",
        "",
        _count(mapped, total),
        "",
        "| PyTorch | MindSpore | to MindSpore | to PyTorch | because |",
        "|---|---|---|---|---|",
    ]
    for row in mapped:
        cells = (row["torch"], row["mindspore"], row["state"], row["to_torch"])
        lines.append(f"| {' | '.join(cells)} | {row['because'] or ''} |")
    return "\n".join([*lines, "", sentence(), ""])


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name those that are stale."""
    stale = [
        path for path, text in pages().items() if not path.exists() or path.read_text() != text
    ]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    for path, text in pages().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
