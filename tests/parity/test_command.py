"""`apimap parity`: what it selects, what it survives, what it writes, and its exit codes."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from apimap.catalog import default_catalog
from apimap.errors import UnknownApi
from apimap.mapping_files import mapping_folder
from apimap.parity.feed import Choice, Feed
from apimap.parity.results import Results
from apimap.parity.selection import own_files, select

COMMAND = [sys.executable, "-m", "apimap.cli", "parity"]
RULES = '''
import os, signal, time
import apimap


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
def deadly(folder: Path) -> Iterator[subprocess.CompletedProcess[str]]:
    """A sweep with cases that kill their process and cases that hang."""
    options = ["--case-timeout", "2", "--jobs", "2", "--max-examples", "6", "--json"]
    yield sweep(folder, *OWN, *options, "--junit", "own.xml", "--html", "own.html")


def test_a_crash_and_a_hang_are_findings_and_the_sweep_goes_on(
    deadly: subprocess.CompletedProcess[str],
) -> None:
    results = Results.model_validate_json(deadly.stdout)
    states = {}
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


def test_ctrl_c_writes_what_is_there_and_leaves_no_process(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "ReLU", "conv", "--jobs", "2", "--junit", "part.xml"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert "torch.nn.ReLU" in process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    root = Xml.parse(tmp_path / "part.xml").getroot()
    assert root is not None
    assert int(root.get("tests", 0)) > 0
    assert f"interrupted after {root.get('tests')} case" in output
    time.sleep(0.2)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_progress_is_for_terminals(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    command = [*COMMAND, "Identity", "--max-examples", "3", "--json"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    output, _ = process.communicate(timeout=120)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert "cases/s" in shown
    assert json.loads(output)["totals"]["cases"] == 6


def test_json_counts_what_ran(apimap: Any) -> None:
    code, output, errors = apimap(
        "parity", "torch.nn.Flatten", "--max-examples", "3", "--json", "--jobs", "0"
    )
    found = Results.model_validate_json(output)
    assert (code, errors) == (0, "")
    assert {case.direction for case in found.cases} == {"to_torch", "to_mindspore"}
    assert found.totals.equal + found.totals.rounding > 0
    assert found.totals.cases == len(found.cases)
    assert not found.interrupted


def test_what_differs_exits_with_1_and_says_where(
    apimap: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch

    monkeypatch.setattr(torch.nn.Identity, "forward", lambda self, x: x + 1)
    file = tmp_path / "junit.xml"
    options = ["--max-examples", "2", "--jobs", "0", "--junit", str(file)]
    code, text, _ = apimap("parity", "torch.nn.Identity", *options)
    assert code == 1
    assert "differs: output" in text
    assert "at index" in text
    assert "again: apimap parity torch.nn.Identity" in text
    root = Xml.parse(file).getroot()
    assert root is not None
    assert int(root.get("failures", 0)) == len(root.findall(".//failure")) > 0


def test_a_dtype_alone(apimap: Any) -> None:
    found = apimap("parity", "Identity", "--dtype", "float16", "--json", "--jobs", "0").data
    assert {case["dtype"] for case in found["cases"]} == {"float16"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--direction", "up"], 2),
        (["nothing*"], 2),
        (["Identity", "--all"], 2),
        (["Identity", "--dtype", "int3"], 2),
        (["Identity", "--case", "nonsense"], 2),
        (["Identity", "--junit", "nowhere/junit.xml"], 2),
        (["nowhere.yaml"], 1),
        (["Identity", "--rules", "no_such_module"], 2),
        (["Identity", "--device", "Ascend"], 1),
        (["Identity", "--device", "Ascend", "--jobs", "0"], 1),
        (["--layers", "no_such_module:pair"], 2),
    ],
)
def test_parity_refuses(apimap: Any, arguments: list[str], code: int) -> None:
    told, output, errors = apimap("parity", *arguments)
    assert told == code
    assert errors
    assert not output


def test_layers_of_a_users_pair(apimap: Any, tmp_path: Path) -> None:
    program = tmp_path / "pair.py"
    program.write_text(
        "import apimap, numpy, torch\n"
        "def build():\n"
        "    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())\n"
        "    return module, apimap.to_mindspore(module), numpy.ones((4, 2), 'float32')\n"
    )
    page = tmp_path / "layers.html"
    code, output, _ = apimap(
        "parity", "--layers", f"{program}:build", "--json", "--html", str(page)
    )
    found = Results.model_validate_json(output)
    assert code == 0
    assert {"0", "1"} <= {layer.name for layer in found.layers}
    assert page.stat().st_size > 1000


def test_mutate_prints_what_it_caught(apimap: Any) -> None:
    code, output, _ = apimap("parity", "Flatten", "--mutate", "--json", "--max-examples", "4")
    found = json.loads(output)
    assert {"mutants", "caught", "caught_share", "survivors"} <= set(found)
    assert code == (1 if found["survivors"] else 0)


def names(*words: str) -> list[str]:
    return [entry.torch.removeprefix("torch.nn.") for entry in select(words)]


def test_words_select_by_name_pattern_family_and_file() -> None:
    assert names("ConvTranspose1d") == names("mindspore.nn.Conv1dTranspose")
    assert names("torch.nn.Conv?d") == ["Conv1d", "Conv2d", "Conv3d"]
    assert names("Conv?d") == names("torch.nn.Conv?d")
    family = names("conv")
    assert "ConvTranspose3d" in family
    assert "Linear" not in family
    file = str(mapping_folder() / "nn" / "conv.yaml")
    assert names(file) == family
    assert own_files([file, "conv"]) == ()
    assert names("Linear", "Conv1d", "conv") == names("conv", "Linear")
    assert len(names()) == len(default_catalog().entries)


def test_a_misspelt_word_gets_the_nearest() -> None:
    with pytest.raises(UnknownApi, match="ConvTranspose1d"):
        select(["ConvTranpose1d"])


@pytest.mark.parametrize("processes", [1, 3, 8])
def test_the_same_cases_are_drawn_for_any_number_of_workers(processes: int) -> None:
    """Every third case is rejected, so that others are drawn for it while some are under way."""

    def drawn(ahead: int) -> Counter[str]:
        feed = Feed.of(select(["Linear", "Flatten"]), Choice(["to_mindspore"], max_examples=30))
        flying, ids = [], Counter[str]()
        while True:
            while len(flying) < ahead and (job := feed.take()) is not None:
                flying.append(job)
            if not flying:
                assert all(group.is_over for group in feed.groups)
                assert feed.total == ids.total()
                return ids
            job = flying.pop(0)
            ids[job.case.id] += 1
            feed.done(job, "rejected" if job.case.seed % 3 == 0 else "equal")

    assert drawn(processes) == drawn(1)
