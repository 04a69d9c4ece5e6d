"""`apimap parity`: what it selects, what it survives, what it writes, and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from apimap.parity import asked
from apimap.parity.results import Results

COMMAND = [sys.executable, "-m", "apimap.cli", "parity"]


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
    assert _is_gone(process.pid)


def _is_gone(group: int) -> bool:
    """Whether no process of the group is left, soon."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_progress_is_for_terminals(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    command = [*COMMAND, "Identity", "--max-examples", "3", "--json"]
    with (tmp_path / "out.json").open("w") as output:
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=theirs)
    os.close(theirs)
    shown = "".join(_typed(ours))
    assert process.wait(timeout=60) == 0
    assert "cases/s" in shown
    assert "6/6" in shown
    assert json.loads((tmp_path / "out.json").read_text())["totals"]["cases"] == 6


def _typed(terminal: int) -> Iterator[str]:
    """What comes to a terminal until the program ends."""
    try:
        while text := os.read(terminal, 1 << 12):
            yield text.decode(errors="replace")
    except OSError:  # Linux says so where the other end is closed
        os.close(terminal)


def test_json_counts_what_ran(apimap: Any) -> None:
    code, output, errors = apimap(
        "parity", "torch.nn.Flatten", "--max-examples", "3", "--json", "--jobs", "0"
    )
    found = Results.model_validate_json(output)
    assert (code, "Traceback" in errors) == (0, False)
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
    assert "differs: out: max abs" in text
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
        (["Identity", "--random", "3", "--max-examples", "3"], 2),
        (["Identity", "--random", "0"], 2),
        (["Identity", "--mutate", "--junit", "junit.xml"], 2),
        (["Identity", "--mutate", "--min-caught", "2"], 2),
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
    assert found.first_divergence is None
    assert page.stat().st_size > 1000


def test_the_first_layer_that_differs_is_in_the_json(apimap: Any, tmp_path: Path) -> None:
    """And a model that stops is a finding, though what ran before it agrees."""
    program = tmp_path / "wrong.py"
    program.write_text(
        "import apimap, numpy, torch\n"
        "def build(inputs=3):\n"
        "    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 3))\n"
        "    cell = apimap.to_mindspore(module)\n"
        "    module[1] = torch.nn.Linear(inputs, 3)\n"
        "    return module, cell, numpy.ones((4, 2), 'float32')\n"
        "def stop():\n"
        "    return build(5)\n"
    )
    code, output, errors = apimap("parity", "--layers", f"{program}:build", "--json")
    first = Results.model_validate_json(output).first_divergence
    assert (code, errors) == (1, "")
    assert first is not None
    assert (first.name, first.mindspore, first.alone) == ("1", "1", "differs")
    assert Path(first.inputs).is_file()
    code, output, _ = apimap("parity", "--layers", f"{program}:stop", "--json")
    assert code == 1
    assert "PyTorch stopped with" in Results.model_validate_json(output).problems[0]


def test_mutate_exits_with_0_where_enough_is_caught(apimap: Any) -> None:
    options = ["Flatten", "--mutate", "--direction", "to_mindspore", "--jobs", "0"]
    code, output, _ = apimap("parity", *options, "--json", "--max-examples", "4")
    found = json.loads(output)
    assert {"mutants", "caught", "caught_share", "survivors"} <= set(found)
    assert (code, found["caught_share"], found["survivors"]) == (0, 1.0, [])
    code, text, _ = apimap("parity", *options, "--min-caught", "1")
    assert code == 0
    assert f"{found['caught']} caught" in text


@pytest.mark.parametrize("option", [["--random", "3"], ["--mutate"]])
def test_where_hypothesis_is_missing(
    apimap: Any, monkeypatch: pytest.MonkeyPatch, option: list[str]
) -> None:
    monkeypatch.setattr(asked, "find_spec", lambda name: None)
    code, _, errors = apimap("parity", "Identity", *option)
    assert code == 2
    assert "pip install hypothesis" in errors


def test_random_cases_that_agree(apimap: Any) -> None:
    code, output, _ = apimap("parity", "Flatten", "--random", "12", "--json", "--jobs", "0")
    found = Results.model_validate_json(output)
    assert code == 0
    assert found.totals.equal + found.totals.rounding > 12
    assert {case.direction for case in found.cases} == {"to_torch", "to_mindspore"}
    again = apimap("parity", "Flatten", "--random", "12", "--json", "--jobs", "0").data
    assert [case["id"] for case in again["cases"]] == [case.id for case in found.cases]


def test_random_cases_of_one_dtype(apimap: Any) -> None:
    options = ["--random", "5", "--dtype", "float64", "--direction", "to_mindspore"]
    found = apimap("parity", "Flatten", *options, "--seed", "4", "--json", "--jobs", "0").data
    assert {case["dtype"] for case in found["cases"]} == {"float64"}
    assert all("--seed 4" in case["repro"] for case in found["cases"])
