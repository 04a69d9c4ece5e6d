"""Arguments of losses."""

from __future__ import annotations

from typing import Any, Optional

from apimap.errors import Unsupported
from apimap.rules import rule
from apimap.rules.reading import reader


def reduction_of(size_average: Optional[bool], reduce: Optional[bool], reduction: str) -> str:
    """What PyTorch makes of its deprecated arguments: they win where one of them is given.

    >>> reduction_of(None, None, "sum"), reduction_of(False, None, "mean")
    ('sum', 'sum')
    """
    if size_average is None and reduce is None:
        return "mean" if reduction == "elementwise_mean" else reduction
    if reduce is not None and not reduce:
        return "none"
    return "mean" if size_average is None or size_average else "sum"


@rule("reduction")
class Reduction:
    """PyTorch's deprecated size_average and reduce say the same as its reduction."""

    @staticmethod
    def to_mindspore(size_average: Optional[bool], reduce: Optional[bool], reduction: str) -> str:
        """One word for the three"""
        return reduction_of(size_average, reduce, reduction)

    @staticmethod
    def to_torch(reduction: str) -> tuple[None, None, str]:
        """The word alone"""
        return None, None, reduction


@rule("loss_weight")
class LossWeight:
    """PyTorch's weight is a buffer of the layer, MindSpore's is in no checkpoint."""

    @staticmethod
    def to_mindspore(weight: Any) -> Any:
        """Unchanged"""
        return weight

    @staticmethod
    def to_torch(weight: Any) -> None:
        """None alone"""
        if weight is not None:
            raise Unsupported(
                "PyTorch's layer would hold the weight in its state_dict, and MindSpore's has it "
                "in no checkpoint."
            )


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
