"""What a whole sweep leaves for the coverage page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apimap import evidence
from apimap.catalog import default_catalog

PLAIN = "torch.nn.Identity"


def test_a_sweep_keeps_what_it_measured(apimap: Any, tmp_path: Path) -> None:
    """Beside what the file has of other entries that there are."""
    file = tmp_path / "evidence.json"
    others = {"torch.nn.ReLU": {"fingerprint": "old"}, "torch.nn.Gone": {"fingerprint": "x"}}
    file.write_text(json.dumps(others))
    code, text, _ = apimap("parity", PLAIN, "--jobs", "0", "--evidence", str(file))
    assert (code, f"wrote {file}" in text) == (0, True)
    kept = json.loads(file.read_text())
    assert set(kept) == {PLAIN, "torch.nn.ReLU"}
    found = kept[PLAIN]
    assert found["fingerprint"] == evidence.fingerprint(default_catalog().find(PLAIN))
    ways = [found[way] for way in ("to_mindspore", "to_torch")]
    assert all(way["equal"] + way.get("rejected", 0) == way["cases"] for way in ways)


@pytest.mark.parametrize("more", [("--max-examples", "3"), ("--dtype", "float16")])
def test_a_sample_is_no_evidence(apimap: Any, tmp_path: Path, more: tuple[str, str]) -> None:
    """Said before anything runs."""
    code, _, error = apimap("parity", PLAIN, *more, "--evidence", str(tmp_path / "e.json"))
    assert code == 2
    assert "--evidence" in error


def test_an_entry_that_changed_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its traps may be told anew, its cases may not."""
    entry = default_catalog().find(PLAIN)
    known = {PLAIN: {"fingerprint": evidence.fingerprint(entry)}}
    monkeypatch.setattr(evidence, "records", lambda: known)
    told = entry.model_copy(update={"traps": ("MindSpore and PyTorch agree.",)})
    changed = entry.model_copy(
        update={
            "parity": entry.parity and entry.parity.model_copy(update={"jit": not entry.parity.jit})
        }
    )
    assert [evidence.is_stale(each) for each in (entry, told, changed)] == [False, False, True]
