"""A call as plain data, and the live object that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Literal

from apimap import signatures
from apimap.catalog import default_catalog
from apimap.frameworks import framework
from apimap.schema import Side

Values = Mapping[str, Any]
Route = Literal["native", "composed"]
INDEXED = re.compile(r"([\w.*]+)(?:\[(\w+)\])?")
"""The name of a tensor, or of one of its rows: ``weight``, ``layers.*.bias``, ``weight[2]``."""


@dataclass(frozen=True)
class Call:
    """An API and its arguments; ``str(call)`` is a line to paste into a program.

    ``route`` is "native" for the framework's own API and "composed" for a layer of
    ``apimap.composed``; ``notes`` say what a reader should know. ``initial`` says, by tensor, which
    function of ``torch.nn.init`` gives the new layer the source's first values, where PyTorch's
    own are others; ``*`` in a name stands for any part of it.

    >>> str(Call("torch.nn.Linear", {"in_features": 3, "out_features": 4, "bias": False}))
    'torch.nn.Linear(3, 4, bias=False)'
    """

    api: str
    kwargs: Values
    notes: tuple[str, ...] = ()
    route: Route = field(default="native")
    initial: Mapping[str, Call] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.api}({self.arguments()})"

    def arguments(self) -> str:
        """The text between the brackets."""
        leading = []
        for name in required(self.api):
            if name not in self.kwargs:
                break
            leading.append(name)
        shown = [_text(self.kwargs[name]) for name in leading]
        shown += [f"{k}={_text(v)}" for k, v in self.kwargs.items() if k not in leading]
        return ", ".join(shown)

    @property
    def side(self) -> Side:
        """The framework that runs it."""
        composed = self.api.removeprefix("apimap.composed.")
        return "torch" if composed.startswith("torch.") else "mindspore"

    def build(self) -> Any:
        """The live layer, with first values of the same distributions as the source's.

        An initializer of MindSpore is built too; a function of ``torch.nn.init`` is given with its
        arguments, and fills the tensor that it is called with. Raises ``BackendUnavailable`` where
        the framework cannot be imported.
        """
        speaker = framework(self.side)
        kwargs = {name: _live(value, speaker) for name, value in self.kwargs.items()}
        made = speaker.resolve(self.api)
        if self.api.startswith("torch.nn.init."):
            return partial(made, **kwargs)
        built = made(**kwargs)
        for name, start in self.initial.items():
            _fill(built, name, start.build())
        return built


def _text(value: Any) -> str:
    return str(value) if isinstance(value, Call) else repr(value)


def _live(value: Any, speaker: Any) -> Any:
    if isinstance(value, Call):
        return value.build()
    return speaker.resolve(str(value)) if isinstance(value, signatures.Name) else value


def _fill(module: Any, name: str, fill: Callable[[Any], Any]) -> None:
    """Fill the tensors of a PyTorch module that have this name, or the row that it says."""
    found = INDEXED.fullmatch(name)
    pattern, row = found.groups() if found else (name, None)
    for own, tensor in module.state_dict().items():
        if fnmatchcase(own, pattern):
            fill(tensor if row is None else tensor[int(row)])


def source_api(api: str) -> str:
    """The API whose signature a call has: a composed layer has that of the layer it stands for."""
    entry = default_catalog().get(api)
    if entry is None or api in (entry.torch, entry.mindspore):
        return api
    return entry.mindspore if api == entry.composition("torch") else entry.torch


def required(api: str) -> list[str]:
    """Parameters that a call shows by position: those without a default."""
    parameters = signatures.signature(source_api(api)).parameters.values()
    return [
        p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
