"""How a constructor argument is read from a live layer, where the attribute holds it otherwise.

A reader takes the layer and the attribute's value and returns the argument's value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apimap.errors import Unsupported
from apimap.rules import rule_names

Reader = Callable[[Any, Any], Any]

READERS: dict[str, Reader] = {}


def reader(name: str) -> Callable[[Reader], Reader]:
    """Register a function as the reader of this name."""

    def register(function: Reader) -> Reader:
        READERS[name] = function
        return function

    return register


def find_reader(name: str) -> Reader:
    """The reader of this name, whichever family has it; ``KeyError`` where there is none."""
    if name not in READERS:
        reader_names()
    return READERS[name]


def reader_names() -> list[str]:
    """All readers of all families, sorted."""
    rule_names()  # loads every family
    return sorted(READERS)


@reader("present")
def present(layer: Any, value: Any) -> bool:
    """Whether the layer owns the tensor."""
    del layer
    return value is not None


@reader("last")
def last(layer: Any, value: Any) -> Any:
    """The last item of a tuple, or the one value for all."""
    del layer
    return value[-1] if isinstance(value, tuple) else value


@reader("all_but_last")
def all_but_last(layer: Any, value: Any) -> Any:
    """A list without its last item, which the layer added."""
    del layer
    return tuple(value[:-1])


@reader("items_in_order")
def items_in_order(layer: Any, value: Any) -> Any:
    """What a list of parameters holds."""
    del value
    return tuple(layer)


@reader("items_by_name")
def items_by_name(layer: Any, value: Any) -> Any:
    """What a mapping of parameters holds."""
    del value
    return dict(layer.items())


@reader("number")
def number(layer: Any, value: Any) -> float:
    """A tensor of one element; the shortest decimal that its float32 comes from."""
    del layer
    return float(str(value.asnumpy()))


@reader("axes_or_none")
def axes_or_none(layer: Any, value: Any) -> Any:
    """MindSpore keeps no axes where None was given."""
    del layer
    return None if value == () else value


@reader("dtype_name")
def dtype_name(layer: Any, value: Any) -> str:
    """MindSpore's dtype by its public name."""
    del layer
    return f"mindspore.{str(value).lower()}"


@reader("activation_if_any")
def activation_if_any(layer: Any, value: Any) -> Any:
    """MindSpore's combined cells keep the attribute only where there is an activation."""
    del value
    return cell_or_none(layer, layer.activation if layer.has_act else None)


@reader("lower")
def lower(layer: Any, value: Any) -> Any:
    """A word in lower case."""
    del layer
    return value.lower()


@reader("is_tanh")
def is_tanh(layer: Any, value: Any) -> bool:
    """A live GELU holds the word, its constructor takes a bool."""
    del layer
    return bool(value == "tanh")


@reader("cell_or_none")
def cell_or_none(layer: Any, value: Any) -> Any:
    """A sublayer; a primitive has no counterpart."""
    if value is not None and not hasattr(value, "construct"):
        raise Unsupported(
            f"MindSpore's {type(layer).__name__} holds {value}, a primitive, which has no "
            "counterpart in PyTorch.",
            hint="give it the layer instead, as in activation=nn.ReLU()",
        )
    return value


@reader("nonlinearity")
def nonlinearity(layer: Any, value: Any) -> str:
    """Of MindSpore's RNN, which keeps only the kind of its loop."""
    del layer
    return "relu" if type(value).__name__ == "_DynamicRNNRelu" else "tanh"
