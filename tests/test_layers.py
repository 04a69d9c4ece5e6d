"""Live layers: what is carried over, what is shared, and the way back."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn as mnn
from torch import nn

import apimap


def network() -> nn.Sequential:
    """Nested containers, frozen and tied parameters, mixed training flags, odd weights."""
    torch.manual_seed(7)
    body = nn.Sequential(
        OrderedDict(conv=nn.Conv1d(3, 6, 3, padding=1), norm=nn.BatchNorm1d(6), act=nn.ReLU(True))
    )
    model = nn.Sequential(
        body, nn.Dropout(0.3), nn.Linear(8, 8), nn.GELU("tanh"), nn.Linear(8, 8), nn.Flatten()
    )
    model[4].weight = model[2].weight
    model[2].bias.requires_grad_(False)
    body.norm.running_mean.normal_()
    body.norm.num_batches_tracked.fill_(41)
    body.eval()
    return model


def inputs(*shape: int) -> Any:
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32)


def state(module: Any) -> dict[str, bytes]:
    """The state_dict's bits."""
    return {
        name: value.detach().contiguous().view(torch.uint8).numpy().tobytes()
        if value.dim()
        else value.detach().numpy().tobytes()
        for name, value in module.state_dict().items()
    }


def cell_state(cell: Any) -> dict[str, bytes]:
    return {name: p.asnumpy().tobytes() for name, p in cell.parameters_and_names()}


def test_round_trip_from_torch() -> None:
    model = network()
    back = apimap.to_torch(apimap.to_mindspore(model))
    assert repr(back) == repr(model)
    assert type(back) is nn.Sequential
    assert state(back) == state(model)
    assert [m.training for m in back.modules()] == [m.training for m in model.modules()]
    grads = [p.requires_grad for p in model.parameters()]
    assert [p.requires_grad for p in back.parameters()] == grads
    assert back[4].weight is back[2].weight
    x = torch.from_numpy(inputs(4, 3, 8))
    assert torch.equal(back.eval()(x), model.eval()(x))


def test_round_trip_from_mindspore() -> None:
    cell = mnn.SequentialCell(
        mnn.Conv2d(3, 4, 3, pad_mode="pad", padding=1, has_bias=True),
        mnn.BatchNorm2d(4, momentum=0.7),
        mnn.ReLU(),
        mnn.MaxPool2d(2, 2),
        mnn.SequentialCell([mnn.Flatten(), mnn.Dense(64, 5)]),
    )
    cell[1].set_train(True)
    back = apimap.to_mindspore(apimap.to_torch(cell))
    assert cell_state(back) == cell_state(cell)
    assert [c.training for _, c in back.cells_and_names()] == [
        c.training for _, c in cell.cells_and_names()
    ]
    x = mindspore.Tensor(inputs(2, 3, 8, 8))
    back.set_train(False)
    cell.set_train(False)
    assert np.array_equal(back(x).asnumpy(), cell(x).asnumpy())


def test_structure_flags_and_names() -> None:
    cell = apimap.to_mindspore(network())
    assert cell[4].weight is cell[2].weight
    assert not cell[2].bias.requires_grad
    assert not cell[0].training
    assert cell[1].training
    for name, parameter in cell.parameters_and_names():
        assert parameter.name == name


def test_a_shared_layer_stays_shared() -> None:
    layer = nn.Linear(4, 4)
    cell = apimap.to_mindspore(nn.Sequential(layer, nn.Tanh(), layer))
    assert cell[0] is cell[2]
    back = apimap.to_torch(cell)
    assert back[0] is back[2]


def test_weights_are_copies_to_mindspore() -> None:
    model = nn.Linear(4, 3)
    before = state(model)
    cell = apimap.to_mindspore(model)
    optimizer = mnn.SGD(cell.trainable_params(), learning_rate=0.5)
    step = mindspore.value_and_grad(lambda x: cell(x).sum(), None, optimizer.parameters)
    _, gradients = step(mindspore.Tensor(inputs(2, 4)))
    optimizer(gradients)
    assert not np.array_equal(cell.weight.asnumpy(), model.weight.detach().numpy())
    assert state(model) == before


def test_weights_are_copies_to_torch() -> None:
    cell = mnn.Dense(4, 3)
    before = cell_state(cell)
    model = apimap.to_torch(cell)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    model(torch.from_numpy(inputs(2, 4))).sum().backward()
    optimizer.step()
    assert cell_state(cell) == before
    assert not np.array_equal(cell.weight.asnumpy(), model.weight.detach().numpy())


def test_no_random_numbers_are_drawn() -> None:
    model = network()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    cell = apimap.to_mindspore(model)
    apimap.to_torch(cell)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes(dtype: str) -> None:
    model = nn.Linear(4, 3).to(getattr(torch, dtype))
    cell = apimap.to_mindspore(model)
    assert cell.weight.dtype == getattr(mindspore, dtype)
    assert state(apimap.to_torch(cell)) == state(model)


def test_bfloat16_bits_survive() -> None:
    bits = np.array([[0x3F80, 0x7F80, 0x7FC1], [1, -1, -32768]], np.int16)
    cell = mnn.Embedding(2, 3)
    table = mindspore.Tensor.from_numpy(bits).view(mindspore.bfloat16)
    cell.embedding_table = mindspore.Parameter(table, name="embedding_table")
    model = apimap.to_torch(cell)
    assert model.weight.dtype == torch.bfloat16
    assert np.array_equal(model.weight.detach().view(torch.int16).numpy(), bits)


def test_twice_there_and_back() -> None:
    model = nn.Sequential(
        nn.ConvTranspose1d(3, 4, 3, stride=2, output_padding=1),
        nn.LayerNorm((3, 5), bias=False),
        nn.ReLU(inplace=True),
        nn.Conv1d(4, 4, 3),
    )
    first = apimap.to_torch(apimap.to_mindspore(model))
    cell = apimap.to_mindspore(first)
    second = apimap.to_torch(cell)
    assert repr(second) == repr(model)
    assert state(second) == state(model)
    assert [type(child) for child in cell] == [type(c) for c in apimap.to_mindspore(model)]


def test_mindspores_own_classes_come_back() -> None:
    cells = [mnn.Dense(3, 4), mnn.Conv2d(3, 4, 3), mnn.LayerNorm((4,)), mnn.Embedding(5, 3)]
    for cell in cells:
        assert type(apimap.to_mindspore(apimap.to_torch(cell))) is type(cell)


def test_names_that_no_cell_takes() -> None:
    with pytest.raises(apimap.Unsupported, match="refuses these children"):
        apimap.to_mindspore(nn.ModuleDict({"a b": nn.ReLU()}))


def test_special_values_are_copied_as_they_are() -> None:
    model = nn.Linear(3, 2)
    with torch.no_grad():
        model.weight[0] = torch.tensor([float("nan"), float("inf"), -0.0])
        model.weight[1] = torch.tensor([-float("inf"), 1e-42, 3.4e38])
    assert state(apimap.to_torch(apimap.to_mindspore(model))) == state(model)


def test_noncontiguous_weights() -> None:
    model = nn.Linear(3, 3)
    model.weight = nn.Parameter(torch.arange(9.0).reshape(3, 3).t())
    cell = apimap.to_mindspore(model)
    assert np.array_equal(cell.weight.asnumpy(), model.weight.detach().numpy())


def test_containers_nested_at_will() -> None:
    model = nn.ModuleDict(
        {
            "a": nn.Sequential(nn.Linear(2, 2), nn.ModuleList([nn.ReLU(), nn.Tanh()])),
            "b": nn.ModuleList([nn.ModuleDict({"c": nn.Linear(2, 3)}), nn.Sequential()]),
        }
    )
    cell = apimap.to_mindspore(model)
    assert isinstance(cell, mnn.CellDict)
    back = apimap.to_torch(cell)
    assert repr(back) == repr(model)
    assert state(back) == state(model)


def test_unbatched_input_and_the_native_class() -> None:
    model = nn.Conv2d(3, 4, 3)
    x = inputs(3, 7, 7)
    cell = apimap.to_mindspore(model)
    assert isinstance(cell, mnn.Conv2d)
    expected = model(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(cell(mindspore.Tensor(x)).asnumpy(), expected, 1e-5, 1e-5)
    assert type(apimap.to_mindspore(model, native_only=True)) is mnn.Conv2d


def test_converted_layers_can_be_copied_and_pickled() -> None:
    cell = apimap.to_mindspore(nn.Conv2d(3, 4, 3))
    twin = copy.deepcopy(cell)
    assert cell_state(twin) == cell_state(cell)
    x = mindspore.Tensor(inputs(2, 3, 7, 7))
    assert np.array_equal(twin(x).asnumpy(), cell(x).asnumpy())
    back = pickle.loads(pickle.dumps(apimap.to_torch(cell)))
    assert repr(back) == repr(nn.Conv2d(3, 4, 3))


def test_a_changed_argument_beats_the_memory_of_the_source() -> None:
    cell = apimap.to_mindspore(nn.Dropout(0.3))
    assert apimap.to_torch(cell).p == 0.3
    cell.p = 0.4
    assert apimap.to_torch(cell).p == 0.4


def test_subclass_with_only_its_own_init_is_its_parent() -> None:
    class Block(nn.Sequential):
        def __init__(self) -> None:
            super().__init__(nn.Linear(2, 2), nn.ReLU())

    with pytest.warns(UserWarning, match="Block is converted as torch.nn.Sequential"):
        cell = apimap.to_mindspore(Block())
    assert isinstance(cell, mnn.SequentialCell)


def test_a_cell_that_takes_more_inputs_is_compiled_once() -> None:
    """ms.jit finds a cell by its function's name, and compiles anew where it has another."""
    cell = apimap.to_mindspore(nn.Linear(3, 4))
    assert hasattr(cell, "adapted_from")
    assert type(cell).construct.__name__ == "construct"
