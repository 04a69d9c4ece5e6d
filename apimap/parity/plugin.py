"""The pytest plugin: options, the fixture ``parity``, its marker, and a report of what ran.

pytest imports this module at every start where apimap is installed, so it imports nothing of
apimap, and no framework, before a test asks for the fixture.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import pytest

if TYPE_CHECKING:
    from apimap.parity.fixture import Parity

DIRECTIONS = ("both", "to_torch", "to_mindspore")
VARIABLE = "APIMAP_MAX_EXAMPLES"
PACKAGE, CASES = "apimap.parity", Path(__file__).with_name("entry_cases.py")
RECORDS = pytest.StashKey[list[dict[str, Any]]]()
MARKER = (
    "parity(rtol, atol): tolerances of the fixture `parity`; other arguments go to check_parity"
)


def _examples(text: str) -> Optional[int]:
    if text == "all":
        return None
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"a number above zero, or 'all', not {text!r}")
    return int(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, in a group of their own."""
    group = parser.getgroup("apimap", "parity between PyTorch and MindSpore")
    group.addoption("--apimap-device", default="CPU", help="CPU, GPU or Ascend")
    group.addoption("--apimap-direction", choices=DIRECTIONS, default="both", help="of entries")
    group.addoption(
        "--apimap-max-examples",
        type=_examples,
        default=os.environ.get(VARIABLE, "12"),
        metavar="N",
        help="cases of each entry and direction, or 'all'",
    )
    for name, text in (
        ("report", "write what was compared to this .json or .html file"),
        ("xfails", "a file of test ids that are expected to fail, one a line, '# why' after each"),
    ):
        group.addoption(f"--apimap-{name}", type=Path, metavar="FILE", help=text)
    text = f"your own mapping file, for --pyargs {PACKAGE}"
    group.addoption("--apimap-mappings", action="append", default=[], metavar="FILE", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and what collects the report."""
    config.addinivalue_line("markers", MARKER)
    report = config.getoption("apimap_report")
    if report is not None and report.suffix not in (".json", ".html"):
        raise pytest.UsageError(f"--apimap-report={report}: a report is a .json or .html file")
    config.pluginmanager.register(_Recorder(config), "apimap-recorder")


def _wants_cases(config: pytest.Config) -> bool:
    return bool(config.getoption("pyargs")) and PACKAGE in config.args


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Optional[pytest.Module]:
    """``--pyargs apimap.parity`` means the entries' cases, whatever a project calls its tests."""
    if file_path.name != CASES.name or file_path != CASES or not _wants_cases(parent.config):
        return None
    module: pytest.Module = pytest.Module.from_parent(parent, path=file_path)
    return module


def pytest_report_header(config: pytest.Config) -> Optional[str]:
    """Versions and device, where the run is about parity."""
    options = ("apimap_report", "apimap_xfails", "apimap_mappings")
    is_asked = any(map(config.getoption, options)) or _wants_cases(config)
    if not is_asked and not any("--apimap" in word for word in config.invocation_params.args):
        return None
    return f"apimap: {_versions()}; device {config.getoption('apimap_device')}"


def _versions() -> str:
    from apimap.parity.report import versions

    return ", ".join(f"{name} {version or 'absent'}" for name, version in versions().items())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is expected to fail, before anything is deselected."""
    path = config.getoption("apimap_xfails")
    if path is not None:
        from apimap.parity.xfails import mark

        unmatched = mark(items, path)
        if getattr(config, "workerinput", {"workerid": "gw0"})["workerid"] == "gw0":
            for line in unmatched:
                config.issue_config_time_warning(pytest.PytestWarning(line), stacklevel=2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Give the test's report what was compared; it travels with it from xdist's workers."""
    report = yield
    if call.when == "call" and RECORDS in item.stash:
        report.apimap = item.stash[RECORDS]
    return report


class _Recorder:
    """Collects what the tests compared, in the process that reports."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.found: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.found += getattr(report, "apimap", ())

    def pytest_sessionfinish(self) -> None:
        """Write the report, in the process that has all of it."""
        path: Optional[Path] = self.config.getoption("apimap_report")
        if path is not None and not hasattr(self.config, "workerinput"):
            from apimap.parity.reported import gathered, write

            write(gathered(self.found, self.config.getoption("apimap_device")), path)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say in one line what there was."""
        if self.found:
            from apimap.parity.reported import gathered
            from apimap.parity.told import summary

            results = gathered(self.found, self.config.getoption("apimap_device"))
            terminalreporter.section("apimap parity")
            terminalreporter.write_line(summary(results))
        path = self.config.getoption("apimap_report")
        if path is not None:
            terminalreporter.write_line(f"wrote {path}")


@pytest.fixture
def parity(request: pytest.FixtureRequest) -> Parity:
    """Check a pair: ``parity(module, cell, inputs)`` asserts, ``parity.check(...)`` reports."""
    if request.config.getoption("forked", False):
        pytest.fail("MindSpore hangs in forked processes: leave --forked out", pytrace=False)
    from apimap.parity.fixture import Parity

    return Parity(request, request.node.stash.setdefault(RECORDS, []))
