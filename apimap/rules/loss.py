"""Arguments of losses."""

from __future__ import annotations

from typing import Any, Optional

from apimap.errors import Unsupported
from apimap.rules import rule


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
