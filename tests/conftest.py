"""What every test process needs before a framework is imported."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

# Both are read once, at import. Workers that each use every core slow each other down.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


class Told(tuple[int, str, str]):
    """Exit code, output and errors of one command."""

    @property
    def data(self) -> Any:
        """The output, read as JSON."""
        return json.loads(self[1])


@pytest.fixture
def apimap(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command as the shell would, in this process."""
    from apimap import cli

    def run(*arguments: str) -> Told:
        monkeypatch.setattr(sys, "argv", ["apimap", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        code = stop.value.code
        return Told((code if isinstance(code, int) else 0, *capsys.readouterr()))

    return run
