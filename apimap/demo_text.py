"""What `apimap demo` prints: a table and progress on a terminal, else plain text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from apimap.demo import FORWARD, measure, rows, steps
from apimap.text import table

HEAD = (
    "",
    "torch.nn.ConvTranspose1d(3, 64, ...)",
    "official recipe",
    "its difference",
    "apimap's",
    "gradients",
    "layer",
)


def run(*, as_json: bool = False) -> bool:
    """Measure, print, and say whether all of apimap's results are exact."""
    console = Console(stderr=as_json)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("importing both frameworks", total=steps() + 1)
        found = measure(lambda name: progress.update(task, description=name, advance=1))
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        _print(console, found)
    return bool(found["ok"])


def _print(console: Console, found: Mapping[str, Any]) -> None:
    console.print(f"1. Three recipes of {found['page']}", highlight=False, soft_wrap=True)
    console.print(
        "   Random weights and inputs; the differences are the largest absolute ones.\n",
        highlight=False,
        soft_wrap=True,
    )
    if console.is_terminal:
        console.print(_rich_table(found))
    else:
        print(table(HEAD, list(rows(found))))
    print("\n" + "\n".join(_lines(found)))


def _rich_table(found: Mapping[str, Any]) -> Table:
    result = Table(*HEAD)
    for number, row in zip(found["examples"], rows(found), strict=True):
        style = "red" if number["official"] > FORWARD else ""
        result.add_row(*row[:3], f"[{style}]{row[3]}[/]" if style else row[3], *row[4:])
    return result


def _lines(found: Mapping[str, Any]) -> list[str]:
    wrong = [str(row["example"]) for row in found["examples"] if row["official"] > FORWARD]
    network = found["network"]
    exact = network["back_bit_equal"] and network["back_same_text"]
    return [
        f"   Wrong by value, though the shapes agree: example {', '.join(wrong)}." if wrong else "",
        "",
        f"2. A network of {network['layers']} layers and {network['parameters']:,} parameters, "
        "converted and run on MindSpore",
        *(f"   {name:<20} differs by {v:.1e}" for name, v in network["differences"].items()),
        f"   converted back       {'bit-equal, same text' if exact else 'DIFFERS'}",
        "",
        f"{'All exact' if found['ok'] else 'NOT EXACT'}, in {found['seconds']} s. "
        f"{found['evidence']}",
    ]
