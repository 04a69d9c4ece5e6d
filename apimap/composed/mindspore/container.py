"""PyTorch's containers on MindSpore: of any layers, and of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mindspore import Parameter, Tensor, nn

from apimap.composed import keeps_arguments


class ModuleList(nn.CellList):
    """``torch.nn.ModuleList`` on MindSpore: a CellList that takes a CellDict too."""

    def extend(self, cells: Iterable[Any]) -> Any:
        for cell in cells:
            self.append(cell)
        return self


class ModuleDict(nn.CellDict):
    """``torch.nn.ModuleDict`` on MindSpore: a CellDict that takes containers, under any name."""

    def _validate_key(self, key: Any) -> None:
        if not isinstance(key, str) or not key or "." in key:
            raise KeyError(f"a key must be a text without dots, not {key!r}")

    def _validate_cell_type(self, cell: Any) -> None:
        if not isinstance(cell, nn.Cell):
            raise TypeError(f"a value must be a Cell, not {type(cell).__name__}")


@keeps_arguments
class ParameterList(nn.Cell):
    """``torch.nn.ParameterList`` on MindSpore: parameters by number, and computes nothing."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.size = 0
        self.extend(values or ())

    def append(self, value: Any) -> Any:
        """Add a tensor as a parameter, any other object as it is."""
        setattr(self, str(self.size), _as_parameter(value))
        self.size += 1
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        """Add several."""
        for value in values:
            self.append(value)
        return self

    def __getitem__(self, index: int) -> Any:
        if not -self.size <= index < self.size:
            raise IndexError(f"index {index} is out of range")
        return getattr(self, str(index % self.size))

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(self.size))


@keeps_arguments
class ParameterDict(nn.Cell):
    """``torch.nn.ParameterDict`` on MindSpore: parameters by name, and computes nothing."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.names: list[str] = []
        for name, value in dict(parameters or {}).items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self.names:
            self.names.append(name)
        setattr(self, name, _as_parameter(value))

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        return getattr(self, name)

    def keys(self) -> list[str]:
        """The names in their order."""
        return list(self.names)

    def items(self) -> list[tuple[str, Any]]:
        """Names and parameters."""
        return [(name, self[name]) for name in self.names]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.names)


def _as_parameter(value: Any) -> Any:
    is_plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
    return Parameter(value) if is_plain else value
