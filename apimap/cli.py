"""The command line: one thin function a command, and each imports only what it needs.

Exit codes: 0 fine; 1 a finding (differs, a lint problem, unsupported); 2 unusable arguments.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from apimap.errors import ApimapError, InvalidCall, UnknownApi
from apimap.parity.command import parity

app = typer.Typer(
    help="Exact translation between PyTorch and MindSpore, value for value.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Select = Annotated[Optional[list[str]], typer.Argument(help="Patterns such as '*Conv*'.")]


def main() -> None:
    """Run a command; errors of apimap are text, or JSON where that was asked for."""
    try:
        app(prog_name="apimap")
    except ApimapError as error:
        print(error, file=sys.stderr)
        if "--json" in sys.argv:
            kind = type(error).__name__
            _json({"error": kind, **{k: getattr(error, k) for k in ("message", "where", "hint")}})
        sys.exit(2 if isinstance(error, (UnknownApi, InvalidCall)) else 1)


def _json(data: Any) -> None:
    print(json.dumps(data, indent=2, default=str))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Show versions, devices and settings, and what is wrong with them."""
    # MindSpore logs every device that it does not find; the report has its words.
    os.environ.setdefault("GLOG_v", "4")
    from apimap.doctor import examine, render

    found = examine()
    _json(found) if as_json else print(render(found))
    raise typer.Exit(1 if found["findings"] else 0)


@app.command()
def demo(as_json: Json = False) -> None:
    """Convert transposed convolutions and a small network, and compare both frameworks."""
    from apimap.demo_text import run

    raise typer.Exit(0 if run(as_json=as_json) else 1)


@app.command()
def explain(api: str, as_json: Json = False) -> None:
    """Show what an API corresponds to and where the two differ."""
    from apimap.explain import explanation
    from apimap.text import render

    facts = explanation(api)
    _json(facts) if as_json else _page(render(facts))


def _page(text: str) -> None:
    """Print a text whose unindented lines are headings."""
    for line in text.splitlines():
        is_heading = line[:1].strip() and sys.stdout.isatty()
        typer.echo(typer.style(line, bold=True) if is_heading else line)


@app.command()
def translate(
    call: Annotated[str, typer.Argument(help="As in 'torch.nn.Conv2d(3, 8, 3)'.")],
    native_only: Annotated[bool, typer.Option(help="Refuse layers of apimap.composed.")] = False,
    flavor: Annotated[Optional[str], typer.Option(help="mint: take mindspore.mint.nn.")] = None,
    as_json: Json = False,
) -> None:
    """Print the call of the other framework that computes the same numbers."""
    from apimap.parse import parse_call
    from apimap.translate import translate as converted

    api, args, kwargs = parse_call(call)
    result = converted(api, *args, **{"native_only": native_only, "flavor": flavor, **kwargs})
    if as_json:
        fields = ("api", "kwargs", "notes", "route", "initial")
        _json({"call": str(result), **{name: getattr(result, name) for name in fields}})
        return
    package = result.api.rpartition(".")[0]
    needs = [f"Needs `import {package}`."] if result.route == "composed" else []
    print("\n".join([str(result), *(f"# {note}" for note in (*result.notes, *needs))]))


@app.command("list")
def list_entries(
    select: Select = None,
    as_json: Json = False,
) -> None:
    """List the APIs that apimap maps."""
    from apimap.schema import SIDES
    from apimap.text import table

    entries = _selected(select)
    if as_json:
        _json([{side: entry.api(side) or None for side in SIDES} for entry in entries])
        return
    rows = [[entry.api(side) or "-" for side in SIDES] for entry in entries]
    print(table(("PyTorch", "MindSpore"), rows))
    print(f"{len(entries)} entries")


def _selected(patterns: Optional[list[str]]) -> list[Any]:
    """The entries of which one name matches one of the patterns; all where there is none."""
    from fnmatch import fnmatchcase

    from apimap.catalog import default_catalog

    found = [
        entry
        for entry in default_catalog().entries
        if not patterns
        or any(fnmatchcase(n, p) for n in (entry.torch, entry.mindspore) for p in patterns)
    ]
    if not found:
        raise UnknownApi(f"no entry matches {' '.join(patterns or [])}", hint="see `apimap list`")
    return found


@app.command()
def lint(
    files: Annotated[Optional[list[Path]], typer.Argument(help="Mapping files.")] = None,
    as_json: Json = False,
) -> None:
    """Report every problem of mapping files, with file, line and the mend."""
    from apimap.lint import lint as problems_of

    missing = [str(path) for path in files or () if not path.is_file()]
    if missing:
        raise InvalidCall(f"no such file: {', '.join(missing)}")
    problems = problems_of(files or ())
    if as_json:
        _json([vars(problem) for problem in problems])
    else:
        print("\n".join(map(str, problems)) or "no problems")
    raise typer.Exit(1 if problems else 0)


app.command()(parity)


@app.command()
def coverage(as_json: Json = False) -> None:
    """Show what becomes of each PyTorch API, and totals both ways."""
    from apimap.coverage import coverage as collect
    from apimap.text import table

    found = collect()
    if as_json:
        _json(found)
        return
    rows = [
        (r["torch"], r["mindspore"] or "-", r["state"], r["to_torch"]) for r in found["entries"]
    ]
    print(table(("PyTorch", "MindSpore", "to MindSpore", "to PyTorch"), rows))
    print(f"{_converting(found['entries'])} of PyTorch convert to MindSpore")
    print(f"{_converting(found['mindspore'])} of MindSpore convert to PyTorch (see --json)")


def _converting(rows: list[dict[str, Any]]) -> str:
    layers = [row for row in rows if row["kind"] not in ("other", "initializer")]
    done = sum(row["state"] != "unsupported" for row in layers)
    return f"{done} of {len(layers)} layers"


if __name__ == "__main__":
    main()
