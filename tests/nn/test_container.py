"""Containers of parameters, which compute nothing."""

from __future__ import annotations

import torch
from torch import nn

import apimap


def test_a_list_of_parameters_goes_there_and_back() -> None:
    """In their order, with their flags, copied."""
    made = nn.ParameterList([torch.randn(2, 3), nn.Parameter(torch.ones(4), requires_grad=False)])
    cell = apimap.to_mindspore(nn.Sequential(made))[0]
    assert [tuple(parameter.shape) for parameter in cell] == [(2, 3), (4,)]
    assert [parameter.requires_grad for parameter in cell] == [True, False]
    assert len(cell) == 2
    assert cell[-1].asnumpy().tolist() == [1, 1, 1, 1]
    back = apimap.to_torch(cell)
    assert type(back) is nn.ParameterList
    assert [parameter.requires_grad for parameter in back] == [True, False]
    assert all(torch.equal(a, b) and a is not b for a, b in zip(made, back, strict=True))


def test_a_mapping_of_parameters_goes_there_and_back() -> None:
    """Under their names."""
    made = nn.ParameterDict({"left": torch.randn(2), "right": torch.randn(3)})
    cell = apimap.to_mindspore(made)
    assert cell.keys() == ["left", "right"]
    assert [name for name, _ in cell.parameters_and_names()] == ["left", "right"]
    back = apimap.to_torch(cell)
    assert type(back) is nn.ParameterDict
    assert {name: value.tolist() for name, value in back.items()} == {
        name: value.tolist() for name, value in made.items()
    }
