"""Finding entries, and a user's own mapping files and rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import apimap
from apimap import catalog
from apimap.catalog import Catalog, default_catalog

OWN = """\
- torch: torch.nn.{name}
  mindspore: mindspore.nn.{name}
  params:
    - {{torch: {slope}, mindspore: alpha, rule: {rule}}}
    - {{torch_only: inplace, ignored: true, because: "MindSpore never works in place."}}
  parity: {{torch: {{inputs: [[2, 3]]}}}}
"""


@pytest.fixture(autouse=True)
def own_catalog() -> Iterator[None]:
    """Each test changes a catalog of its own."""
    catalog.default_catalog.cache_clear()
    yield
    catalog.default_catalog.cache_clear()


@apimap.rule("test_negated")
class Negated:
    """The sign is turned."""

    @staticmethod
    def to_mindspore(slope: float) -> float:
        """Minus the slope."""
        return -slope

    @staticmethod
    def to_torch(alpha: float) -> float:
        """Minus alpha."""
        return -alpha


def test_both_names_find_the_entry() -> None:
    entry = default_catalog().find("torch.nn.ConvTranspose1d")
    assert default_catalog().find("mindspore.nn.Conv1dTranspose") is entry
    assert default_catalog().find("apimap.composed.mindspore.ConvTranspose1d") is entry


@pytest.mark.parametrize(
    ("name", "hint"),
    [("torch.nn.Conv2D", "torch.nn.Conv2d"), ("mindspore.nn.Denze", "mindspore.nn.Dense")],
)
def test_unknown_names_get_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(apimap.UnknownApi, match=hint):
        default_catalog().find(name)


def test_an_api_without_an_entry_is_told_from_an_unknown_one() -> None:
    with pytest.raises(apimap.UnknownApi, match="has no entry yet"):
        Catalog().find("torch.nn.CTCLoss")
    with pytest.raises(apimap.UnknownApi, match="belongs to neither framework"):
        default_catalog().find("keras.layers.Dense")


def test_own_mapping_and_rule(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN.format(name="LeakyReLU", slope="negative_slope", rule="test_negated"))
    with pytest.warns(UserWarning, match="overrides the entry of torch.nn.LeakyReLU"):
        assert len(apimap.load_mappings(file)) == 1
    call = apimap.translate("torch.nn.LeakyReLU", 0.5)
    assert str(call) == "mindspore.nn.LeakyReLU(alpha=-0.5)"
    assert apimap.translate("mindspore.nn.LeakyReLU", alpha=-0.5).kwargs == {"negative_slope": 0.5}


def test_an_override_is_loud(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "- torch: torch.nn.ReLU\n  mindspore: mindspore.nn.ReLU6\n  params:\n"
        '    - {torch_only: inplace, ignored: true, because: "MindSpore never works in place."}\n'
        "  parity: {torch: {inputs: [[2, 3]]}}\n"
    )
    with pytest.warns(UserWarning, match="overrides the entry of torch.nn.ReLU"):
        apimap.load_mappings(file)
    assert str(apimap.translate("torch.nn.ReLU")) == "mindspore.nn.ReLU6()"


def test_nothing_is_added_where_anything_is_wrong(tmp_path: Path) -> None:
    file, before = tmp_path / "own.yaml", default_catalog().get("torch.nn.LeakyReLU")
    good = OWN.format(name="LeakyReLU", slope="negative_slope", rule="test_negated")
    file.write_text(good + OWN.format(name="Hardtanh", slope="nothing", rule="test_negated"))
    with pytest.raises(apimap.MappingFileError, match=r"own.yaml:7: torch.nn.Hardtanh"):
        apimap.load_mappings(file)
    assert default_catalog().get("torch.nn.LeakyReLU") is before


def test_a_rule_goes_both_ways_or_does_not_register() -> None:
    class OneWay:
        @staticmethod
        def to_torch(value: int) -> int:
            return value

    with pytest.raises(TypeError, match="lacks to_mindspore"):
        apimap.rule("test_one_way")(OneWay)
