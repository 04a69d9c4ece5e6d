"""The cache of entries: a shorter start, and never a different answer."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from apimap.cache import load_cached
from apimap.loader import load_files

ENTRY = (
    "- {{torch: torch.nn.{0}, mindspore: mindspore.nn.{0}, parity: {{torch: {{inputs: [[2]]}}}}}}\n"
)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """One mapping file, and an empty cache."""
    monkeypatch.setenv("APIMAP_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "own.yaml"
    file.write_text(ENTRY.format("Tanh"))
    return [file]


def names(files: list[Path]) -> list[str]:
    return [item.entry.torch for item in load_cached(files, files[0].parent / "none.yaml")]


def cached(files: list[Path]) -> list[Path]:
    return list((files[0].parent / "cache").glob("*.pickle"))


def test_the_second_time_gives_the_same(files: list[Path]) -> None:
    first = load_cached(files, files[0].parent / "none.yaml")
    assert len(cached(files)) == 1
    assert load_cached(files, files[0].parent / "none.yaml") == first == load_files(files)


def test_a_changed_file_is_read_again(files: list[Path]) -> None:
    assert names(files) == ["torch.nn.Tanh"]
    files[0].write_text(ENTRY.format("Sigmoid"))
    assert names(files) == ["torch.nn.Sigmoid"]


class Evil:
    """What a cache must never make."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("made-by-a-pickle",)


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps(Evil()), pickle.dumps("text")])
def test_a_broken_or_poisoned_cache_is_left_alone(
    files: list[Path], content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files[0].parent)
    names(files)
    cached(files)[0].write_bytes(content)
    assert names(files) == ["torch.nn.Tanh"]
    assert not Path("made-by-a-pickle").exists()


def test_it_can_be_turned_off(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APIMAP_CACHE", "")
    assert names(files) == ["torch.nn.Tanh"]
    assert cached(files) == []
