"""Arguments of live attention and Transformer layers."""

from __future__ import annotations

from typing import Any

from apimap.errors import Unsupported
from apimap.rules.reading import reader

WORDS = ("relu", "gelu")


def activation_word(activation: Any) -> Any:
    """The word for ``relu`` and ``gelu`` of either framework; a word or a layer stays as it is.

    >>> activation_word("gelu")
    'gelu'
    """
    module = str(getattr(activation, "__module__", ""))
    name = getattr(activation, "__name__", "")
    known = module.startswith(("torch", "mindspore")) and name in WORDS
    return name if known else activation


@reader("attention_activation")
def attention_activation(layer: Any, value: Any) -> Any:
    """A word, or a layer; another function cannot be converted."""
    word = activation_word(value)
    is_layer = hasattr(value, "construct") or hasattr(value, "named_parameters")
    if isinstance(word, str) or is_layer:
        return word
    raise Unsupported(
        f"{type(layer).__name__} applies the Python function {value!r}, which cannot be carried "
        "between PyTorch and MindSpore.",
        hint="give it a layer instead, as in activation=torch.nn.SiLU()",
    )


@reader("first_layer")
def first_layer(layer: Any, value: Any) -> Any:
    """The layer that a stack was cloned from, as its first clone is now."""
    if len(value) == 0:
        raise Unsupported(f"{type(layer).__name__} has no layers, which PyTorch cannot run either.")
    return value[0]


@reader("nothing")
def nothing(layer: Any, value: Any) -> None:
    """What was given became a sublayer, which is converted as one."""
    del layer, value


@reader("layer_norm_eps")
def layer_norm_eps(layer: Any, value: Any) -> float:
    """The first norm's; another layer in its place is converted by itself."""
    del layer
    return float(getattr(value, "eps", None) or 1e-5)


@reader("one_dropout")
def one_dropout(layer: Any, value: Any) -> Any:
    """The probability, which each sublayer must still have."""
    attention = {layer.self_attn.dropout, layer.multihead_attn.dropout}
    drops = {_drop_probability(cell) for name, cell in layer._cells.items() if "dropout" in name}
    return _one("dropout probability", value, attention | drops)


def _drop_probability(cell: Any) -> Any:
    return 1 - cell.keep_prob if cell.p is None else cell.p


@reader("one_epsilon")
def one_epsilon(layer: Any, value: Any) -> Any:
    """The epsilon, which each norm must still have."""
    norms = (cell for name, cell in layer._cells.items() if "norm" in name)
    return _one("epsilon", value, {norm.epsilon for norm in norms})


def _one(meaning: str, value: Any, found: set[Any]) -> Any:
    if found != {value}:
        raise Unsupported(
            f"The sublayers of this MindSpore layer have several values of {meaning}, {found}; "
            "PyTorch's layer is built with one.",
            hint="give them the value that the layer was built with",
        )
    return value
