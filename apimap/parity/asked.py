"""What the command line asks for, and what cannot be asked for together."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Optional

from apimap.errors import InvalidCall

Text = Optional[str]
Texts = Optional[list[str]]
File = Optional[Path]
Files = Optional[list[Path]]
Number = Optional[int]
BOTH = ("to_torch", "to_mindspore")
EXCLUDED = {
    "case": ("dtype", "max_examples"),
    "evidence": ("case", "dtype", "max_examples", "random", "mutate", "layers"),
    "random": ("case", "max_examples"),
    "mutate": ("case", "dtype", "random", "junit", "html"),
    "layers": (
        "select",
        "everything",
        "case",
        "dtype",
        "max_examples",
        "random",
        "mutate",
        "junit",
    ),
}
"""What an option has no use for, so that asking for both is a mistake."""


@dataclass(frozen=True)
class Asked:
    """The options by name."""

    select: Texts
    everything: bool
    direction: str
    device: str
    dtype: Text
    case: Text
    max_examples: Number
    seed: int
    jobs: int
    case_timeout: float
    mappings: Files
    rules: Texts
    as_json: bool
    junit: File
    html: File
    evidence: File
    layers: Text
    mutate: bool
    random: Number
    min_caught: float

    @property
    def words(self) -> list[str]:
        """What is selected: with ``--all`` everything."""
        return [] if self.everything else list(self.select or ())

    @property
    def ways(self) -> list[Any]:
        """The directions."""
        return [way for way in BOTH if self.direction in (way, "both")]

    def tell(self, text: str) -> None:
        """Print a line as soon as it is known, where people read."""
        if not self.as_json:
            print(text, flush=True)


def check(asked: Asked) -> None:
    """Before anything runs, since a report that cannot be written would be lost.

    Raises ``InvalidCall``.
    """
    if not asked.ways:
        raise InvalidCall(
            f"no direction {asked.direction!r}", hint="to_torch, to_mindspore or both"
        )
    if asked.everything and asked.select:
        raise InvalidCall("--all and a selection exclude each other")
    for path in filter(None, (asked.junit, asked.html, asked.evidence)):
        if not path.absolute().parent.is_dir():
            raise InvalidCall(f"no such folder: {path.absolute().parent}")
    for option, others in EXCLUDED.items():
        for other in others if getattr(asked, option) else ():
            if getattr(asked, other):
                raise InvalidCall(f"{_shown(option)} and {_shown(other)} exclude each other")
    for option in ("random", "mutate"):
        if getattr(asked, option) and find_spec("hypothesis") is None:
            text = f"{_shown(option)} draws arguments with hypothesis, which is not installed"
            raise InvalidCall(text, hint="pip install hypothesis, or 'apimap[test]'")


def _shown(option: str) -> str:
    words = {"select": "a selection", "everything": "--all"}
    return words.get(option, f"--{option.replace('_', '-')}")
