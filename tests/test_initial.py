"""First values in translated calls: what is printed, noted and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore.common import initializer as init

import apimap
from apimap.call import Call
from apimap.initial import read_initializer, read_law
from apimap.lint import lint

HOME = "mindspore.common.initializer"


def test_the_embedding_of_a_call() -> None:
    """It prints as a line to paste, and the way back says what to run."""
    call = apimap.translate("torch.nn.Embedding", 7, 5)
    line = f"mindspore.nn.Embedding(7, 5, embedding_table={HOME}.Normal(sigma=1.0))"
    assert str(call) == line
    assert eval(line, {"mindspore": mindspore}).vocab_size == 7
    back = apimap.translate("mindspore.nn.Embedding", 7, 5, padding_idx=2)
    assert str(back) == "torch.nn.Embedding(7, 5)"
    assert {name: str(start) for name, start in back.initial.items()} == {
        "weight": "torch.nn.init.normal_(std=0.01)",
        "weight[2]": "torch.nn.init.zeros_()",
    }
    assert "then torch.nn.init.normal_(layer.weight, std=0.01)" in back.notes
    assert (back.build().weight[2] == 0).all()


def test_notes_can_be_pasted() -> None:
    """The line, and then what its notes say."""
    call = apimap.translate("mindspore.nn.Embedding", 64, 32, padding_idx=2)
    scope: dict[str, Any] = {"torch": torch}
    exec(f"layer = {call}", scope)
    for note in call.notes:
        if note.startswith("then "):
            exec(note.removeprefix("then "), scope)
    weight = scope["layer"].weight
    assert (weight[2] == 0).all()
    assert 0.005 < weight.std() < 0.02


@pytest.mark.parametrize("word", [*init._INITIALIZER_ALIAS, "He_Uniform", "TruncatedNormal"])
def test_words_are_mindspores(word: str) -> None:
    """Each makes what MindSpore makes of it; Sparse cannot be made by its word."""
    if word == "sparse":
        with pytest.raises(apimap.Unsupported, match="no initializer"):
            read_initializer(word, "weight_init")
        return
    assert read_initializer(word).api == f"{HOME}.{init._INITIALIZER_ALIAS[word.lower()].__name__}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (init.HeUniform(0.5), "torch.nn.init.kaiming_uniform_(a=0.5)"),
        (init.Dirac(2), "torch.nn.init.dirac_(groups=2)"),
        (init.Sparse(0.5), "torch.nn.init.sparse_(sparsity=0.5)"),
        (0.25, "torch.nn.init.constant_(val=0.25)"),
        (Call(f"{HOME}.One", {}), "torch.nn.init.ones_()"),
    ],
)
def test_initializers_by_any_name(value: Any, expected: str) -> None:
    call = apimap.translate("mindspore.nn.Dense", 4, 4, weight_init=value)
    assert {name: str(start) for name, start in call.initial.items()} == {"weight": expected}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("he", "weight_init='he' is no initializer"),
        (mindspore.Tensor([1.0]), "is no initializer"),
        (init.VarianceScaling(1.0, "fan_avg"), "XavierUniform"),
        (init.TruncatedNormal(1.0, 0.0, 8.0, 9.0), "leaves its bounds"),
        (init.Constant(np.zeros(4)), "an array"),
    ],
)
def test_what_pytorch_has_not_is_refused(value: Any, words: str) -> None:
    with pytest.raises(apimap.Unsupported, match=words):
        apimap.translate("mindspore.nn.Dense", 4, 4, weight_init=value)


def test_a_layer_is_no_initializer() -> None:
    with pytest.raises(apimap.InvalidCall, match="draws no first values"):
        apimap.translate("mindspore.nn.Dense", 4, 4, weight_init=Call("mindspore.nn.ReLU", {}))


def test_a_tensor_that_is_not_there_is_not_filled() -> None:
    call = apimap.translate("mindspore.nn.Dense", 4, 4, has_bias=False, bias_init="ones")
    assert call.initial == {}
    norm = apimap.translate("mindspore.nn.BatchNorm2d", 4, affine=False, gamma_init="zeros")
    assert norm.initial == {}


def test_the_tensor_is_no_part_of_the_call() -> None:
    weight = torch.empty(3, 4)
    call = apimap.translate("torch.nn.init.uniform_", weight, -0.5, 0.5)
    assert str(call) == f"{HOME}.Uniform(scale=0.5)"
    with pytest.raises(apimap.InvalidCall, match="the tensor that it fills"):
        apimap.translate("torch.nn.init.uniform_", -0.5, 0.5)


def test_live_layers_keep_their_values() -> None:
    """Nothing is drawn where weights are copied."""
    module = torch.nn.Embedding(7, 5)
    cell = apimap.to_mindspore(module)
    assert (cell.embedding_table.asnumpy() == module.weight.detach().numpy()).all()
    assert (apimap.to_torch(cell).weight == module.weight).all()


def test_numbers_of_a_law_come_from_the_arguments() -> None:
    law = read_law(f"{HOME}.Uniform(2 * width ** -0.5 / 4)", {"width": 16})
    assert law.kwargs == {"scale": 0.125}
    with pytest.raises(apimap.InvalidCall, match="not a call"):
        read_law("3", {})
    with pytest.raises(ValueError, match="malformed"):
        read_law(f"{HOME}.Uniform(print(1))", {})


TABLE = """\
- torch: torch.nn.PReLU
  mindspore: mindspore.nn.PReLU
  params:
    - {torch: num_parameters, mindspore: channel}
    - {torch_only: [init, device, dtype], construction: true, because: "MindSpore has no such one."}
    - {mindspore_only: w, construction: true, because: "PyTorch has no such one.", FILLS}
  tensors: [{torch: weight, mindspore: w}]
  initial: {INITIAL}
  parity: {torch: {inputs: [[2, 3]]}}
"""
BOTH = f"torch: {{weight: torch.nn.init.ones_()}}, mindspore: {{w: {HOME}.Zero()}}"


@pytest.mark.parametrize(
    ("fills", "initial", "words"),
    [
        ("fills: [w]", BOTH, ""),
        ("fills: [w, v]", "", "w fill 2 tensors"),
        ("fills: [v]", "", "fills 'v', which is no tensor"),
        ("", BOTH, "no parameter of MindSpore fills 'w'"),
        ("fills: [w]", "torch: {weight: torch.nn.init.ones_()}", "for one side only"),
        ("fills: [w]", "torch: {wait: torch.nn.init.ones_()}", "did you mean 'weight'"),
        ("fills: [w]", BOTH.replace("ones_", "one_"), "did you mean 'torch.nn.init.ones_'"),
    ],
)
def test_lint_of_first_values(tmp_path: Path, fills: str, initial: str, words: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(TABLE.replace("FILLS", fills).replace("INITIAL", initial))
    found = "\n".join(map(str, lint([file])))
    assert words in found
    assert bool(words) == bool(found), found
