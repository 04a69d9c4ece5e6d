"""The pytest plugin, in projects of its own: each test runs pytest as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apimap.parity.records import CaseRecord, Results
from apimap.parity.results import read

PAIRS = """
import apimap
import mindspore
import numpy
import pytest
import torch

X = numpy.random.default_rng(0).standard_normal((5, 4)).astype("float32")


class Double(torch.nn.Module):
    def forward(self, x):
        return 2 * x


class Cell(mindspore.nn.Cell):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def construct(self, x):
        return self.factor * x


def test_converted(parity):
    module = torch.nn.Linear(4, 3)
    cell = apimap.to_mindspore(module)
    parity(module, cell, X)
    assert parity.check(cell, module, X).ok


def test_differs(parity):
    parity(Double(), Cell(2.5), X)


@pytest.mark.parity(rtol=0.5, atol=0.1, modes=("eval",))
def test_marked(parity):
    parity(Double(), Cell(2.2), X)


@pytest.mark.parity(rtol=0.5)
def test_half_a_marker(parity):
    parity(Double(), Cell(2.0), X)
"""
# The parent runs MindSpore before xdist starts its workers: a forked one would hang.
CONFTEST = """
import mindspore

print(mindspore.Tensor([1.0]) + 1)
"""
XFAILS = """
# a comment alone
test_pairs.py::test_differs  # MindSpore's cell multiplies by another number
test_pairs.py::test_half_a_marker
test_pairs.py::test_of_last_year  # mended since
"""
NEW = """
- torch: torch.nn.Hardtanh
  mindspore: mindspore.nn.ReLU6
  params:
    - torch_only: [min_val, max_val, min_value, max_value, inplace]
      ignored: true
      because: PyTorch's defaults are not MindSpore's ReLU6, which this test wants to see differ.
  parity:
    torch:
      inputs: [[2, 3, 4]]
"""


def pytest_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    files = {"test_pairs.py": PAIRS, "conftest.py": CONFTEST, "xfails.txt": XFAILS}
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def ran(project: Path) -> subprocess.CompletedProcess[str]:
    """A run in two spawned workers, while the parent has run MindSpore."""
    options = ["-n", "2", "--strict-markers", "--apimap-report=report.json"]
    return pytest_run(project, *options, "--apimap-xfails=xfails.txt")


def record(results: Results, name: str) -> CaseRecord:
    return next(case for case in results.cases if case.id.endswith(name))


def test_workers_of_xdist_do_not_hang_and_xfails_are_kept(
    ran: subprocess.CompletedProcess[str],
) -> None:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 workers [4 items]" in ran.stdout
    assert "2 passed, 2 xfailed" in ran.stdout


def test_the_header_has_versions_and_device(ran: subprocess.CompletedProcess[str]) -> None:
    header = next(line for line in ran.stdout.splitlines() if line.startswith("apimap: "))
    for word in ("torch 2.", "mindspore 2.", "numpy 1.", "device CPU"):
        assert word in header


def test_an_xfail_that_matches_nothing_is_told_once(ran: subprocess.CompletedProcess[str]) -> None:
    told = "xfails.txt:5: 'test_pairs.py::test_of_last_year' matches no test"
    assert ran.stdout.count(told) == 1


def test_the_report_has_what_all_workers_compared(
    ran: subprocess.CompletedProcess[str], project: Path
) -> None:
    assert "wrote report.json" in ran.stdout
    results = read(project / "report.json")
    ids = sorted(case.id for case in results.cases)
    assert ids == [
        "test_pairs.py::test_converted",
        "test_pairs.py::test_converted #2",
        "test_pairs.py::test_differs",
        "test_pairs.py::test_marked",
    ]
    assert {case.route for case in results.cases} == {"hand-written"}
    differs = record(results, "test_differs")
    assert (differs.state, differs.torch) == ("differs", "test_pairs.Double")
    assert differs.repro == "pytest test_pairs.py::test_differs"
    assert max(float(row.max_rel) for row in differs.rows) == pytest.approx(0.25, rel=1e-3)
    assert record(results, "test_converted #2").direction == "to_torch"


def test_the_marker_gives_tolerances_and_options(
    ran: subprocess.CompletedProcess[str], project: Path
) -> None:
    marked = record(read(project / "report.json"), "test_marked")
    assert (marked.state, marked.mode) == ("equal", "eval")
    assert {row.tolerance.rtol for row in marked.rows} == {0.5}


def test_a_failure_lets_a_person_act(project: Path) -> None:
    done = pytest_run(project, "test_pairs.py::test_differs", "test_pairs.py::test_half_a_marker")
    assert done.returncode == 1
    for word in ("ParityError", "worst at index", "torch", "mindspore", "seed 0"):
        assert word in done.stdout
    assert "both rtol and atol" in done.stdout


def test_entries_are_collected_in_any_project(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_files = check_*.py\n")
    options = ["--pyargs", "apimap.parity", "-k", "ConvTranspose1d", "--collect-only", "-q"]
    done = pytest_run(tmp_path, *options)
    ids = [line for line in done.stdout.splitlines() if "::" in line]
    way = "entry_cases.py::test_parity[{}-torch.nn.ConvTranspose1d]"
    assert ids == [way.format("to_torch"), way.format("to_mindspore")]
    options.append("--apimap-direction=to_torch")
    assert "1/" in pytest_run(tmp_path, *options).stdout


def test_a_users_own_entries_are_collected_too(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text(NEW)
    (tmp_path / "xfails.txt").write_text("to_mindspore-torch.nn.Hard*  # another function\n")
    options = ["--pyargs", "apimap.parity", "-k", "Hardtanh or Identity", "-n", "2", "-rx"]
    options += ["--apimap-mappings=new.yaml", "--apimap-max-examples=2", "-v"]
    done = pytest_run(tmp_path, *options, "--apimap-report=r.html", "--apimap-xfails=xfails.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 1 xfailed" in done.stdout
    assert "another function" in done.stdout
    page = (tmp_path / "r.html").read_text()
    assert "torch.nn.Hardtanh" in page


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--apimap-report=report.txt", "a report is a .json or .html file"),
        ("--apimap-max-examples=0", "a number above zero"),
        ("--apimap-direction=up", "to_mindspore"),
        ("--apimap-xfails=nowhere.txt", "no such file"),
    ],
)
def test_unusable_options(tmp_path: Path, option: str, words: str) -> None:
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n")
    done = pytest_run(tmp_path, option)
    assert done.returncode == 4
    assert words in done.stdout + done.stderr


def test_a_device_that_is_absent_fails_with_the_frameworks_words(project: Path) -> None:
    done = pytest_run(project, "test_pairs.py::test_marked", "--apimap-device=Ascend")
    assert done.returncode == 1
    assert "BackendUnavailable" in done.stdout
    assert "Ascend" in done.stdout


def test_nothing_is_imported_where_nobody_asks(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_it(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('apimap')\n"
        "    loaded = {name for name in sys.modules if name.startswith('apimap')}\n"
        "    assert loaded == {'apimap', 'apimap.parity', 'apimap.parity.plugin'}\n"
        "    assert not {'torch', 'mindspore', 'numpy', 'yaml', 'pydantic'} & set(sys.modules)\n"
    )
    done = pytest_run(tmp_path, "-p", "no:hypothesispytest", "-p", "no:benchmark")
    assert done.returncode == 0, done.stdout
    assert "apimap:" not in done.stdout


def test_collecting_entries_imports_no_framework(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import sys\n"
        "def pytest_collection_finish():\n"
        "    print('loaded:', sorted({'torch', 'mindspore'} & set(sys.modules)))\n"
    )
    done = pytest_run(tmp_path, "--pyargs", "apimap.parity", ".", "--collect-only", "-s", "-q")
    assert "loaded: []" in done.stdout
