"""Print every figure beside its goal; exit 1 where one is missed."""

from __future__ import annotations

import importlib
import sys

from apimap.evidence import sentence
from apimap.onednn import prefer_fast_convolutions
from benchmarks.clock import Figure

FAMILIES = ("commands", "copying", "layers", "parity")


def main(names: list[str]) -> int:
    """Run the families of these names, or all."""
    prefer_fast_convolutions()
    missed = 0
    for name in names or FAMILIES:
        for figure in importlib.import_module(f"benchmarks.{name}").figures():
            print(figure, flush=True)
            missed += isinstance(figure, Figure) and not figure.met
    print(f"{missed} goals missed. {sentence()}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
