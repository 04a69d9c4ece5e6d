"""What the documentation tells people to write works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apimap.catalog import default_catalog
from apimap.lint import lint
from apimap.loader import load_files
from apimap.parity.cases import DIRECTIONS, Direction
from apimap.parity.sweep import sweep

ROOT = Path(__file__).resolve().parent.parent


def first_yaml_block() -> str:
    text = (ROOT / "docs" / "adding-a-mapping.md").read_text()
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_entry_of_the_guide(direction: Direction, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(first_yaml_block())
    assert lint([file]) == []
    loaded = load_files([file])
    default_catalog.cache_clear()
    with pytest.warns(UserWarning, match="overrides the entry of torch.nn.LeakyReLU"):
        default_catalog().add(loaded)
    states = [result.state for result in sweep(loaded[0].entry, direction, max_examples=4)]
    default_catalog.cache_clear()
    assert "equal" in states
    assert "differs" not in states
