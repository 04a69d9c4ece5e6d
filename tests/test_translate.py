"""Calls to calls, as a user would type them."""

from __future__ import annotations

import pytest

import apimap


@pytest.mark.parametrize(
    ("source", "args", "kwargs", "expected"),
    [
        ("torch.nn.Linear", (3, 4), {}, "mindspore.nn.Dense(3, 4)"),
        ("torch.nn.Linear", (3, 4, False), {}, "mindspore.nn.Dense(3, 4, has_bias=False)"),
        (
            "torch.nn.ConvTranspose1d",
            (3, 64, 5),
            {"stride": 3, "padding": 2},
            "mindspore.nn.Conv1dTranspose(3, 64, 5, stride=3, pad_mode='pad', padding=2, "
            "has_bias=True)",
        ),
        (
            "torch.nn.ConvTranspose1d",
            (3, 64, 5),
            {"stride": 3, "padding": 2, "output_padding": 2},
            "apimap.composed.mindspore.ConvTranspose1d(3, 64, 5, stride=3, padding=2, "
            "output_padding=2)",
        ),
        ("torch.nn.BatchNorm2d", (8,), {}, "mindspore.nn.BatchNorm2d(8)"),
        (
            "torch.nn.BatchNorm2d",
            (8,),
            {"momentum": 0.3},
            "mindspore.nn.BatchNorm2d(8, momentum=0.7)",
        ),
        ("torch.nn.GELU", (), {}, "mindspore.nn.GELU(approximate=False)"),
        ("torch.nn.GELU", ("tanh",), {}, "apimap.composed.mindspore.GELU(approximate='tanh')"),
        ("mindspore.nn.Dense", (3, 4), {}, "torch.nn.Linear(3, 4)"),
        (
            "mindspore.nn.BatchNorm2d",
            (8,),
            {"momentum": 0.7},
            "torch.nn.BatchNorm2d(8, momentum=0.3)",
        ),
    ],
)
def test_lines(
    source: str, args: tuple[object, ...], kwargs: dict[str, object], expected: str
) -> None:
    assert str(apimap.translate(source, *args, **kwargs)) == expected  # type: ignore[arg-type]


def test_notes_and_route() -> None:
    call = apimap.translate("torch.nn.ReLU", inplace=True)
    assert call.route == "native"
    assert "inplace=True is left out" in call.notes[0]
    call = apimap.translate(
        "torch.nn.ConvTranspose1d", 3, 64, 5, stride=3, padding=2, output_padding=2
    )
    assert call.route == "composed"
    assert "MindSpore" in call.notes[0]


def test_a_composed_call_goes_back() -> None:
    call = apimap.translate("torch.nn.ConvTranspose1d", 3, 6, 5, stride=3, output_padding=1)
    back = apimap.translate(call.api, **call.kwargs)
    assert str(back) == "torch.nn.ConvTranspose1d(3, 6, 5, stride=3, output_padding=1)"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (("torch.nn.Linera", 3, 4), apimap.UnknownApi, "did you mean 'torch.nn.Linear'"),
        (("torch.nn.Linear", 3), apimap.InvalidCall, "missing a required argument"),
        (("torch.nn.Linear", 3, 4, 5, 6, 7, 8), apimap.InvalidCall, "too many positional"),
        (("torch.nn.GELU", "tan"), apimap.InvalidCall, "must be one of"),
        (("torch.nn.Sequential",), apimap.InvalidCall, "apimap.to_mindspore"),
    ],
)
def test_wrong_calls(call: tuple[object, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        apimap.translate(*call)  # type: ignore[arg-type]


def test_a_misspelt_parameter_and_a_wrong_direction() -> None:
    with pytest.raises(apimap.InvalidCall, match="did you mean 'bias'"):
        apimap.translate("torch.nn.Linear", 3, 4, bais=False)
    with pytest.raises(apimap.InvalidCall, match="cannot be translated to 'torch'"):
        apimap.translate("torch.nn.Linear", 3, 4, to="torch")


def test_native_only_refuses_a_composition() -> None:
    with pytest.raises(apimap.Unsupported, match="without native_only"):
        apimap.translate(
            "torch.nn.ConvTranspose1d", 3, 6, 5, stride=3, output_padding=2, native_only=True
        )
