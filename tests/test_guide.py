"""The guide to parity in CI: its files are written and its commands run, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "parity-in-ci.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(*kinds: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(GUIDE) if kind in kinds]


COMMANDS = [line for text in blocks("sh") for line in text.splitlines()]
RUN = [line for line in COMMANDS if not line.startswith("pip install")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the guide shows, under the names in their first lines."""
    folder = tmp_path_factory.mktemp("project")
    for text in blocks("python", "yaml"):
        path = folder / text.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("command", RUN)
def test_a_command_of_the_guide_runs(command: str, project: Path) -> None:
    program, *arguments = shlex.split(command)
    module = {"pytest": "pytest", "apimap": "apimap.cli"}[program]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = re.findall(r"[\w-]+\.(?:html|xml)", command)
    assert all((project / name).stat().st_size > 200 for name in written)


def test_the_workflow_runs_the_guides_commands() -> None:
    workflow: Any = yaml.safe_load((ROOT / "examples" / "ci" / "parity.yml").read_text())
    job = workflow["jobs"]["parity"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert len(commands) == 3
    assert set(commands) <= set(COMMANDS)
    kept = next(step["with"]["path"] for step in job["steps"] if "path" in step.get("with", {}))
    assert set(kept.split()) == set(re.findall(r"[\w-]+\.(?:html|xml)", " ".join(commands)))
    assert job["timeout-minutes"]
