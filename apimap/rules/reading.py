"""How a constructor argument is read from a live layer, where the attribute holds it otherwise.

A reader takes the layer and the attribute's value and returns the argument's value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apimap.errors import Unsupported
from apimap.rules import rule_names
from apimap.rules.conv import shortest

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
        rule_names()  # loads every family
    return READERS[name]


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


def _pooled_axes(layer: Any) -> int:
    """1, 2 or 3, from the name of the class."""
    return int(type(layer).__name__[-2])


@reader("pool_padding")
def pool_padding(layer: Any, value: Any) -> Any:
    """Of the primitive: one number for each of three axes, or two; a plain one has none."""
    axes = _pooled_axes(layer)
    if hasattr(value, "pads"):
        return shortest(value.pads[3 - axes :])
    pairs = getattr(value, "pad_list", (0,) * 6)
    return shortest(pairs[::2][3 - axes :])


@reader("pool_dilation")
def pool_dilation(layer: Any, value: Any) -> Any:
    """Of the primitive; a plain one has none."""
    axes = _pooled_axes(layer)
    return shortest(value.dilation[3 - axes :]) if hasattr(value, "dilation") else 1


@reader("fixed_dilation")
def fixed_dilation(layer: Any, value: Any) -> Any:
    """Of the primitive: three numbers, which alone take this one, or 1."""
    del layer
    return tuple(value.dilation) if hasattr(value, "dilation") else 1


@reader("last_item")
def last_item(layer: Any, value: Any) -> Any:
    """The last item of a tuple, or the number itself."""
    del layer
    return value[-1] if isinstance(value, tuple) else value


@reader("int_tuple")
def int_tuple(layer: Any, value: Any) -> tuple[int, ...]:
    """Of a tensor of integers."""
    del layer
    return tuple(int(item) for item in value.asnumpy())


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


@reader("unsaid")
def unsaid(layer: Any, value: Any) -> None:
    """Of a deprecated argument that another attribute says."""
    del layer, value


@reader("loss_reduction")
def loss_reduction(layer: Any, value: Any) -> str:
    """Of MindSpore's two flags for it."""
    if not layer.reduce:
        return "none"
    return "mean" if value else "sum"


@reader("distance")
def distance(layer: Any, value: Any) -> Any:
    """A sublayer, or None for each framework's own; another function has no counterpart."""
    plain = {"norm": 2.0, "eps": 1e-6, "keepdim": False}
    if type(value).__name__ == "PairwiseDistance" and plain.items() <= vars(value).items():
        return None
    if value is None or hasattr(value, "construct") or hasattr(value, "forward"):
        return value
    owner, _, name = getattr(value, "__qualname__", "").rpartition(".")
    own = ("_VariableFunctionsClass", "TripletMarginWithDistanceLoss.__init__.<locals>")
    if name == "pairwise_distance" and owner in own:
        return None
    raise Unsupported(
        f"the distance of this {type(layer).__name__} is {value!r}, a function of which neither "
        "PyTorch nor MindSpore can say what the other's would be.",
        hint="give it a layer that apimap maps instead",
    )


@reader("nonlinearity")
def nonlinearity(layer: Any, value: Any) -> str:
    """Of MindSpore's RNN, which keeps only the kind of its loop."""
    del layer
    return "relu" if type(value).__name__ == "_DynamicRNNRelu" else "tanh"


@reader("initial_slope")
def initial_slope(layer: Any, value: Any) -> float:
    """No live PReLU of MindSpore holds it, and its slopes are copied."""
    del layer, value
    return 0.25


@reader("single_precision")
def single_precision(layer: Any, value: Any) -> float:
    """The shortest number that a float32 tensor of one element can come from."""
    del layer
    number = float(value)
    fractions = (1 / 8, 1 / 3, *(round(number, digits) for digits in range(1, 10)))
    same = (each for each in fractions if float(value.asnumpy().dtype.type(each)) == number)
    return next(same, number)


@reader("reversed_pairs")
def reversed_pairs(layer: Any, value: Any) -> tuple[int, ...]:
    """A live reflection holds one pair for each axis, the first axis first."""
    del layer
    return tuple(amount for pair in reversed(value) for amount in pair)


@reader("axis_pairs")
def axis_pairs(layer: Any, value: Any) -> tuple[tuple[int, ...], ...]:
    """A live Pad holds a tensor where it mirrors."""
    del layer
    pairs = value.asnumpy().tolist() if hasattr(value, "asnumpy") else value
    return tuple(tuple(int(amount) for amount in pair) for pair in pairs)


@reader("world_group")
def world_group(layer: Any, value: Any) -> Any:
    """MindSpore's name of the group of all processes, which it takes for None."""
    del layer
    return None if value.endswith("_world_group") else value


@reader("reduction_word")
def reduction_word(layer: Any, value: Any) -> str:
    """Of a primitive of MindSpore, which holds a number for it."""
    del layer
    return ("sum", "mean", "none")[value]
