"""The wheel carries the mapping files; set-up refuses what cannot work with one sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = "scripts/setup.sh"


def _run(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the tools that are installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    done = _run(sys.executable, "-m", "pip", "wheel", "-q", *options, str(ROOT))
    assert done.returncode == 0, done.stderr
    return next(folder.glob("apimap-*.whl"))


def test_the_wheel_holds_every_mapping_file_and_snapshot(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "mappings").rglob("*.yaml"):
        assert f"apimap/{path.relative_to(ROOT).as_posix()}" in names
    for path in (ROOT / "apimap" / "signatures").glob("*.json"):
        assert f"apimap/signatures/{path.name}" in names
    for path in (ROOT / "apimap" / "parity" / "templates").iterdir():
        assert f"apimap/parity/templates/{path.name}" in names
    assert "apimap/parity/schema.json" in names
    assert "apimap/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_an_empty_environment_without_frameworks_explains_and_translates(
    wheel: Path, tmp_path: Path
) -> None:
    assert _run(sys.executable, "-m", "venv", str(tmp_path / "venv")).returncode == 0
    python = str(tmp_path / "venv" / "bin" / "python")
    pins = ["--constraint", str(ROOT / "constraints.txt")]
    done = _run(python, "-m", "pip", "install", "-qq", *pins, str(wheel), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    absent = _run(python, "-c", "import torch, mindspore", cwd=tmp_path, PYTHONPATH="")
    assert "ModuleNotFoundError" in absent.stderr
    apimap = str(tmp_path / "venv" / "bin" / "apimap")
    told = _run(apimap, "explain", "torch.nn.ConvTranspose1d", cwd=tmp_path, PYTHONPATH="")
    assert told.returncode == 0, told.stderr
    assert "mindspore.nn.Conv1dTranspose" in told.stdout
    call = "torch.nn.ConvTranspose1d(3, 64, 5, stride=3)"
    line = _run(apimap, "translate", call, cwd=tmp_path, PYTHONPATH="")
    assert line.stdout.startswith("mindspore.nn.Conv1dTranspose(3, 64, 5, stride=3"), line.stderr
    lint = _run(apimap, "lint", cwd=tmp_path, PYTHONPATH="")
    assert lint.returncode == 0, lint.stdout
    doctor = _run(apimap, "doctor", cwd=tmp_path, PYTHONPATH="")
    assert doctor.returncode == 1
    assert "not installed" in doctor.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What set-up reads, somewhere else."""
    (tmp_path / "scripts").mkdir()
    for name in (SCRIPT, "Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _fake(folder: Path, version: str, *, has_venv: bool = True) -> Path:
    """A stand-in for an interpreter that tells a version."""
    path = folder / "python-stand-in"
    missing = "" if has_venv else 'case "$*" in *ensurepip*) exit 1;; esac\n'
    path.write_text(f"#!/bin/sh\n{missing}echo {version}\n")
    path.chmod(0o755)
    return path


def _sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a person reads; make adds its own."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, done.stderr
    assert done.returncode != 0
    return lines[0]


@pytest.mark.parametrize("version", ["3.9", "3.13", "2.7"])
def test_a_python_without_mindspore_wheels_is_refused(checkout: Path, version: str) -> None:
    python = _fake(checkout, version)
    sentence = _sentence(_run("make", "setup", f"PYTHON={python}", cwd=checkout))
    assert version in sentence
    assert "MindSpore" in sentence


def test_a_python_that_is_not_there_is_refused(checkout: Path) -> None:
    sentence = _sentence(_run("make", "setup", "PYTHON=/nowhere/python", cwd=checkout))
    assert "/nowhere/python" in sentence


def test_a_missing_venv_module_is_refused(checkout: Path) -> None:
    python = _fake(checkout, "3.11", has_venv=False)
    sentence = _sentence(_run("make", "setup", f"PYTHON={python}", cwd=checkout))
    assert "python3.11-venv" in sentence


def test_no_python_at_all_is_refused(checkout: Path) -> None:
    tools = checkout / "tools"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(shutil.which(name) or "")
    sentence = _sentence(_run("sh", SCRIPT, cwd=checkout, PATH=str(tools)))
    assert "No Python 3.10, 3.11 or 3.12" in sentence


def test_the_pins_that_matter_are_there() -> None:
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    assert "torch==2.13.0" in pins
    assert "mindspore==2.10.0" in pins
    assert any(pin.startswith("numpy==1.") for pin in pins)
