"""Containers that take every container, as PyTorch's do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mindspore import nn


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
