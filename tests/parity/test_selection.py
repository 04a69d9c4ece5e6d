"""Which entries the words of a command line mean."""

from __future__ import annotations

import pytest

from apimap.catalog import default_catalog
from apimap.errors import UnknownApi
from apimap.mapping_files import mapping_folder
from apimap.parity.selection import own_files, select


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
