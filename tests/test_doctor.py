"""`apimap doctor` and the oneDNN setting."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Optional

import pytest

from apimap import doctor, onednn

GOOD: dict[str, Optional[str]] = {
    "python": "3.11.2",
    "torch": "2.13.0+cpu",
    "mindspore": "2.10.0",
    "numpy": "1.26.4",
}


def test_the_measured_versions_have_no_findings() -> None:
    assert doctor.version_findings(GOOD) == []


def test_numpy_2_with_mindspore_2_10_is_a_finding_with_the_mend() -> None:
    (finding,) = doctor.version_findings({**GOOD, "numpy": "2.1.0"})
    assert "NumPy 1" in finding["finding"]
    assert finding["mend"] == "pip install 'numpy<2'"
    assert finding["stops_mindspore"]


@pytest.mark.parametrize("side", ["torch", "mindspore"])
def test_an_absent_or_other_framework_is_a_finding(side: str) -> None:
    (absent,) = doctor.version_findings({**GOOD, side: None})
    assert "not installed" in absent["finding"]
    (other,) = doctor.version_findings({**GOOD, side: "1.0.0"})
    assert "1.0.0" in other["finding"]


def test_doctor_shows_devices_with_the_frameworks_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "_milliseconds", lambda environment: 3.0)
    found = doctor.examine()
    assert found["devices"]["mindspore"]["CPU"] == ""
    assert found["devices"]["torch"]["cpu"] == ""
    text = doctor.render(found)
    for device in ("GPU", "Ascend", "cuda"):
        assert device in text
    assert "3x3 convolution" in text
    json.dumps(found)


@pytest.fixture
def avx512(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A processor with AVX-512 and an environment that says nothing."""
    for name in (*onednn.VARIABLES, onednn.OPT_OUT):
        # First set, so that what the test itself sets is undone.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    facts = tmp_path / "cpuinfo"
    facts.write_text("flags : avx2 avx512f\n")
    monkeypatch.setattr(onednn, "CPU_FACTS", facts)
    monkeypatch.setattr(onednn, "_state", {"set_here": False, "late": False})
    monkeypatch.delitem(sys.modules, "mindspore", raising=False)
    onednn.needed.cache_clear()


def test_apimap_sets_onednn(avx512: None) -> None:
    made = onednn.prefer_fast_convolutions()
    assert (made.value, made.by) == ("AVX2", "apimap")
    assert onednn.prefer_fast_convolutions() == made


def test_a_setting_that_comes_late_says_so(avx512: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mindspore", onednn)
    assert "imported before" in onednn.prefer_fast_convolutions().words


@pytest.mark.parametrize("name", onednn.VARIABLES)
def test_the_users_setting_stays(avx512: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "AVX512_CORE")
    made = onednn.prefer_fast_convolutions()
    assert (made.value, made.by) == ("AVX512_CORE", "user")


def test_the_user_can_opt_out(avx512: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(onednn.OPT_OUT, "1")
    made = onednn.prefer_fast_convolutions()
    assert (made.value, made.by) == (None, "user")


def test_nothing_is_set_without_avx512(avx512: None) -> None:
    onednn.CPU_FACTS.write_text("flags : avx2\n")
    assert onednn.prefer_fast_convolutions().value is None
