"""A case that kills its process and one that hangs are findings, and the sweep goes on."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from apimap.parity.results import Results

COMMAND = [sys.executable, "-m", "apimap.cli", "parity"]
RULES = '''
import os, signal, time
from pathlib import Path
import apimap
from apimap.parity.faults import RULE
from apimap.rules import RULES


@apimap.rule("deadly")
class Deadly:
    """Kills its process at 1, hangs at 2."""

    @staticmethod
    def to_mindspore(start):
        if start == 1:
            os.kill(os.getpid(), signal.SIGSEGV)
        if start == 2:
            time.sleep(3600)
        return start

    @staticmethod
    def to_torch(start):
        return start


@apimap.rule("deadly_as_a_mutant")
class DeadlyAsAMutant:
    """Kills its process where a mutant uses it, then hangs, then is harmless."""

    @staticmethod
    def to_mindspore(start):
        times = len(list(Path().glob("lost-*")))
        if RULE in RULES and times < 2:
            Path(f"lost-{times}").touch()
            Deadly.to_mindspore(times + 1)
        return start

    @staticmethod
    def to_torch(start):
        return start
'''
MAPPING = """
- torch: torch.nn.Flatten
  mindspore: mindspore.nn.Flatten
  params:
    - {same: start_dim, rule: deadly}
    - same: [end_dim]
  parity:
    torch:
      vary: {start_dim: [0, 1, -1, 2, -2]}
      inputs: [[2, 3, 4, 5]]
"""
MUTANTS = """
- torch: torch.nn.Flatten
  mindspore: mindspore.nn.Flatten
  params:
    - {same: start_dim, rule: deadly_as_a_mutant}
    - same: [end_dim]
  parity:
    torch:
      vary: {start_dim: [0, 1, 2]}
      inputs: [[2, 3, 4, 5]]
"""
MISSING = "a case is missing"
OWN = ["own.yaml", "--rules", "own_rules.py", "--direction", "to_mindspore"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's own entry and rule."""
    path = tmp_path_factory.mktemp("own")
    (path / "own_rules.py").write_text(RULES)
    (path / "own.yaml").write_text(MAPPING)
    return path


def sweep(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def deadly(folder: Path) -> subprocess.CompletedProcess[str]:
    """A sweep with cases that kill their process and cases that hang."""
    options = ["--case-timeout", "2", "--jobs", "2", "--max-examples", "6", "--json"]
    return sweep(folder, *OWN, *options, "--junit", "own.xml", "--html", "own.html")


def test_a_crash_and_a_hang_are_findings_and_the_sweep_goes_on(
    deadly: subprocess.CompletedProcess[str],
) -> None:
    results = Results.model_validate_json(deadly.stdout)
    states: dict[str, set[str]] = {}
    for case in results.cases:
        start = case.id.partition("start_dim=")[2].partition(")")[0]
        states.setdefault(start, set()).add(case.state)
    assert states.pop("1") == {"crashed"}
    assert states.pop("2") == {"timeout"}
    assert set().union(*states.values()) == {"equal"}
    assert deadly.returncode == 1


def test_a_lost_case_says_the_signal_and_where_it_was(
    deadly: subprocess.CompletedProcess[str],
) -> None:
    reasons = {c.state: c.reason for c in Results.model_validate_json(deadly.stdout).cases}
    assert "killed by SIGSEGV, in to_mindspore (own_rules.py:" in reasons["crashed"]
    assert "ended after 2 s, in to_mindspore (own_rules.py:" in reasons["timeout"]


def test_junit_has_errors_with_the_line_that_reproduces(
    deadly: subprocess.CompletedProcess[str], folder: Path
) -> None:
    results = Results.model_validate_json(deadly.stdout)
    root = Xml.parse(folder / "own.xml").getroot()
    assert root is not None
    lost = results.totals.crashed + results.totals.timeout
    assert root.get("tests") == str(results.totals.cases)
    assert root.get("errors") == str(lost) == str(len(root.findall(".//error")))
    assert "apimap parity" in str(root.findall(".//error")[0].text)
    named = {each.get("name"): each.get("value") for each in root.findall(".//property")}
    assert {"torch", "mindspore", "apimap"} <= set(named)
    assert named["device"] == "CPU"
    assert (folder / "own.html").read_text().startswith("<!")


def test_the_line_of_a_lost_case_loses_it_again(
    deadly: subprocess.CompletedProcess[str], folder: Path
) -> None:
    results = Results.model_validate_json(deadly.stdout)
    crashed = next(case for case in results.cases if case.state == "crashed")
    again = sweep(folder, *shlex.split(crashed.repro)[2:])
    assert again.returncode == 1, again.stderr
    assert f"crashed: {crashed.id}" in again.stdout
    assert "1 case in" in again.stdout


def test_a_mutant_that_kills_or_hangs_its_worker_is_caught(folder: Path) -> None:
    """And said, as is one that no case shows; the exit code tells that too few are caught."""
    (folder / "mutants.yaml").write_text(MUTANTS)
    options = ["--mutate", "--direction", "to_mindspore", "--case-timeout", "6", "--json"]
    done = sweep(folder, "mutants.yaml", "--rules", "own_rules.py", *options)
    found = json.loads(done.stdout)
    crashed, late = (each["why"] for each in found["lost"])
    assert "killed by SIGSEGV, in to_mindspore (own_rules.py:" in crashed
    assert "ended after 6 s, in to_mindspore (own_rules.py:" in late
    assert found["caught_by"]["crashed"] == found["caught_by"]["timeout"] == 1
    (survivor,) = found["survivors"]
    assert (survivor["fault"], survivor["why"]) == ("end_dim left at its default", MISSING)
    again = sweep(folder, *shlex.split(survivor["case"])[2:])
    assert (again.returncode, "1 equal" in again.stdout) == (0, True), again.stderr
    assert found["caught"] == found["mutants"] - 1
    assert done.returncode == 1
