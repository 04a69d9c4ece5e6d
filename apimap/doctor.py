"""What is installed, what it can use, and what is wrong with it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from typing import Any, Optional

from apimap import __version__, onednn
from apimap.errors import BackendUnavailable
from apimap.evidence import installed, sentence
from apimap.frameworks import INSTALL, framework
from apimap.schema import SIDES, TITLES, Side

PACKAGES = (*SIDES, "numpy")
MEASURED: dict[Side, str] = {"torch": "2.13.", "mindspore": "2.10."}
SPEED = "apimap.frameworks.convolution_speed"


def examine() -> dict[str, Any]:
    """Everything that `apimap doctor` shows; ``findings`` are what a person should mend."""
    versions: dict[str, Optional[str]] = {
        "python": platform.python_version(),
        "apimap": __version__,
    }
    versions |= {package: installed(package) for package in PACKAGES}
    findings = version_findings(versions)
    usable = not any(finding["stops_mindspore"] for finding in findings)
    return {
        "versions": versions,
        "devices": {side: _devices(side, findings) for side in SIDES if usable or side == "torch"},
        "onednn": _onednn(measure=usable),
        "findings": findings,
        "evidence": sentence(),
    }


def version_findings(versions: dict[str, Optional[str]]) -> list[dict[str, Any]]:
    """What is wrong with a set of versions, each with the mend."""
    findings = []
    numpy, mindspore = versions.get("numpy"), versions.get("mindspore")
    if numpy and mindspore and int(numpy.split(".")[0]) >= 2 and mindspore.startswith("2.10"):
        text = f"MindSpore {mindspore} is built for NumPy 1 and fails on first use with {numpy}"
        findings.append(_finding(text, "pip install 'numpy<2'", stops=True))
    for side, measured in MEASURED.items():
        version = versions.get(side)
        if version is None:
            text = (
                f"{TITLES[side]} is not installed: translate and explain work, converting does not"
            )
            findings.append(_finding(text, INSTALL[side], stops=side == "mindspore"))
        elif not version.startswith(measured):
            text = f"apimap was measured with {TITLES[side]} {measured}x, this is {version}"
            findings.append(_finding(text, f"pip install '{side}=={measured}*'"))
    return findings


def _finding(text: str, mend: str, *, stops: bool = False) -> dict[str, Any]:
    return {"finding": text, "mend": mend, "stops_mindspore": stops}


def _devices(side: str, findings: list[dict[str, Any]]) -> dict[str, str]:
    """Each device with an empty text where it can be used, else the framework's own words."""
    try:
        found: dict[str, str] = framework(side).devices()
        return found
    except BackendUnavailable as error:
        if installed(side):
            findings.append(_finding(error.message, error.hint))
        return {}


def _onednn(*, measure: bool) -> dict[str, Any]:
    now = onednn.prefer_fast_convolutions()
    result: dict[str, Any] = {"value": now.value, "by": now.by, "words": now.words}
    if measure:
        names = (*onednn.VARIABLES, onednn.OPT_OUT)
        bare = {name: value for name, value in os.environ.items() if name not in names}
        result["milliseconds"] = _milliseconds(dict(os.environ))
        result["milliseconds_without"] = _milliseconds(bare) if now.value else None
    return result


def _milliseconds(environment: dict[str, str]) -> Optional[float]:
    command = [sys.executable, "-m", SPEED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return round(float(done.stdout.split()[-1]), 1) if done.returncode == 0 else None


def render(found: dict[str, Any]) -> str:
    """The same as text."""
    lines = ["Versions"]
    lines += [f"  {n:<10} {version or 'not installed'}" for n, version in found["versions"].items()]
    for side, devices in found["devices"].items():
        lines += ["", f"Devices of {TITLES[side]}"]
        lines += [f"  {name:<10} {words or 'can be used'}" for name, words in devices.items()]
    lines += ["", "oneDNN, which computes convolutions on CPU", *_onednn_lines(found["onednn"])]
    lines += ["", "Findings"]
    for finding in found["findings"]:
        lines += [f"  {finding['finding']}", f"    mend: {finding['mend']}"]
    lines += [] if found["findings"] else ["  none"]
    return "\n".join([*lines, "", found["evidence"]])


def _onednn_lines(setting: dict[str, Any]) -> list[str]:
    lines = [f"  {setting['words']}"]
    with_it, without = setting.get("milliseconds"), setting.get("milliseconds_without")
    if with_it is not None:
        rest = f", {without} ms without the setting" if without is not None else ""
        lines.append(f"  a 3x3 convolution of 1x64x56x56 takes {with_it} ms{rest}")
    return lines
