"""How a constructor argument is read from a live layer, where the attribute holds it otherwise.

A reader takes the layer and the attribute's value and returns the argument's value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apimap.errors import Unsupported
from apimap.rules.conv import shortest

Reader = Callable[[Any, Any], Any]

READERS: dict[str, Reader] = {}


def reader(name: str) -> Callable[[Reader], Reader]:
    """Register a function as the reader of this name."""

    def register(function: Reader) -> Reader:
        READERS[name] = function
        return function

    return register


@reader("present")
def present(layer: Any, value: Any) -> bool:
    """Whether the layer owns the tensor."""
    del layer
    return value is not None


@reader("last")
def last(layer: Any, value: Any) -> Any:
    """The last item of a tuple."""
    del layer
    return value[-1]


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


@reader("batch_norm_momentum")
def batch_norm_momentum(layer: Any, value: Any) -> float:
    """The shortest number that the live layer's 1.0 - momentum can come from."""
    del layer
    momentum = 1.0 - float(value)
    rounded = (round(momentum, digits) for digits in range(1, 17))
    return next((number for number in rounded if 1.0 - number == value), momentum)


@reader("affine")
def affine(layer: Any, value: Any) -> bool:
    """False where gamma and beta are frozen at ones and zeros, which is all that it does."""
    owner = value if hasattr(value, "gamma") else layer
    values = ((owner.gamma, 1), (owner.beta, 0))
    return not all(not p.requires_grad and bool((p.asnumpy() == v).all()) for p, v in values)


@reader("pool_padding")
def pool_padding(layer: Any, value: Any) -> Any:
    """Of the primitive: (0, h, w) or (0, 0, h, h, w, w); a plain one has none."""
    del layer
    if hasattr(value, "pads"):
        return shortest(value.pads[1:])
    return shortest(value.pad[2::2]) if hasattr(value, "pad") else 0


@reader("pool_dilation")
def pool_dilation(layer: Any, value: Any) -> Any:
    """Of the primitive; a plain one has none."""
    del layer
    return shortest(value.dilation[1:]) if hasattr(value, "dilation") else 1


@reader("pool_ceil_mode")
def pool_ceil_mode(layer: Any, value: Any) -> bool:
    """Of the primitive; a plain one has none."""
    del layer
    return bool(getattr(value, "ceil_mode", False))


@reader("pool_count_include_pad")
def pool_count_include_pad(layer: Any, value: Any) -> bool:
    """Of the primitive; a plain one has none."""
    del layer
    return bool(getattr(value, "count_include_pad", True))


@reader("pool_divisor")
def pool_divisor(layer: Any, value: Any) -> Any:
    """Of the primitive, where 0 stands for None."""
    del layer
    return getattr(value, "divisor_override", 0) or None


@reader("adaptive_size")
def adaptive_size(layer: Any, value: Any) -> tuple[Any, ...]:
    """A live layer holds -1 for None."""
    del layer
    return tuple(None if size == -1 else size for size in value)
