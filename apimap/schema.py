"""What a mapping file may say: frozen models that refuse every key they do not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional, Union

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

Side = Literal["torch", "mindspore"]
Flavor = Literal["mint"]
SIDES: tuple[Side, Side] = ("torch", "mindspore")
TITLES: dict[Side, str] = {"torch": "PyTorch", "mindspore": "MindSpore"}


def other(side: Side) -> Side:
    """The opposite side."""
    return "mindspore" if side == "torch" else "torch"


def _sentence(text: Any) -> Any:
    if isinstance(text, str) and not ("PyTorch" in text or "MindSpore" in text):
        raise ValueError("must be a sentence that names PyTorch or MindSpore")
    return text


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Reason = Annotated[str, Field(min_length=20), BeforeValidator(_sentence)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names), Field(min_length=1)]


class Model(BaseModel):
    """Frozen, and strict about keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Same(Model):
    """Parameters of one name and meaning on both sides; ``rule`` acts on each alone."""

    same: Names
    rule: Optional[str] = None


class Pair(Model):
    """Parameters that correspond: renamed, through a bijection of literals, or through a rule.

    ``construction`` says that they act only while a layer is built.
    """

    torch: Names
    mindspore: Names
    values: Optional[dict[Any, Any]] = None
    rule: Optional[str] = None
    reads: tuple[str, ...] = ()
    construction: bool = False

    def names(self, side: Side) -> tuple[str, ...]:
        return self.torch if side == "torch" else self.mindspore


class _OneSided(Model):
    """A parameter that one side lacks.

    Exactly one of: ``neutral``, the value at which it does nothing; ``ignored``, it changes no
    returned value; ``construction``, it acts only while a layer is built. ``final`` says that no
    composed layer can do it either.
    """

    neutral: Any = None
    ignored: bool = False
    construction: bool = False
    final: bool = False
    because: Reason


class TorchOnly(_OneSided):
    """A parameter of PyTorch that MindSpore lacks."""

    torch_only: Names
    side: Literal["torch"] = Field("torch", exclude=True)

    @property
    def own(self) -> tuple[str, ...]:
        return self.torch_only

    def names(self, side: Side) -> tuple[str, ...]:
        return self.torch_only if side == "torch" else ()


class MindsporeOnly(_OneSided):
    """A parameter of MindSpore that PyTorch lacks.

    ``fills`` names the tensors of MindSpore's new layer that these initializers fill.
    """

    mindspore_only: Names
    fills: tuple[str, ...] = ()
    side: Literal["mindspore"] = Field("mindspore", exclude=True)

    @property
    def own(self) -> tuple[str, ...]:
        return self.mindspore_only

    def names(self, side: Side) -> tuple[str, ...]:
        return self.mindspore_only if side == "mindspore" else ()


OneSided = Union[TorchOnly, MindsporeOnly]
RELATIONS = ("same", "torch_only", "mindspore_only", "torch")


def _relation(value: Any) -> Optional[str]:
    keys = value if isinstance(value, dict) else getattr(value, "model_fields_set", ())
    return next((kind for kind in RELATIONS if kind in keys), None)


Param = Annotated[
    Union[
        Annotated[Same, Tag("same")],
        Annotated[TorchOnly, Tag("torch_only")],
        Annotated[MindsporeOnly, Tag("mindspore_only")],
        Annotated[Pair, Tag("torch")],
    ],
    Discriminator(
        _relation,
        custom_error_type="relation",
        custom_error_message="needs one of: same, torch and mindspore, torch_only, mindspore_only",
    ),
]


class TensorMap(Model):
    """Tensors that correspond. ``fill`` is the value of one that only its own side holds."""

    same: Optional[str] = None
    torch: Optional[str] = None
    mindspore: Optional[str] = None
    torch_only: Optional[str] = None
    mindspore_only: Optional[str] = None
    layout: Optional[str] = None
    if_: Optional[str] = Field(None, alias="if")
    fill: Optional[Literal["ones", "zeros"]] = None
    because: Optional[Reason] = None

    def name(self, side: Side) -> Optional[str]:
        """The tensor's name on this side, None where that side has none."""
        own = self.torch if side == "torch" else self.mindspore
        only = self.torch_only if side == "torch" else self.mindspore_only
        return self.same or own or only


class Reading(Model):
    """How one constructor argument is read from a live layer."""

    attribute: Optional[str] = None
    as_: Optional[str] = Field(None, alias="as")


class PerSide(Model):
    """One value for each side."""

    torch: dict[str, Reading] = {}
    mindspore: dict[str, Reading] = {}


class Compositions(Model):
    """Names of the composed layers, by the side they run on."""

    torch: Optional[str] = None
    mindspore: Optional[str] = None


class Initial(Model):
    """First values of new layers, by tensor, where those of the two frameworks differ.

    Each is a call of an initializer of the side, whose numbers may be computed from the layer's
    arguments; ``weight[padding_idx]`` is a row, ``layers.*.bias`` stands for all of that name.
    """

    torch: dict[str, str] = {}
    mindspore: dict[str, str] = {}


class InputName(Model):
    """The name of one input of the call on each side."""

    torch: str
    mindspore: str


class CallMap(Model):
    """How the built layer is called.

    ``batched_rank`` is the only rank that MindSpore's layer takes, where PyTorch's takes one
    input without its batch axis too. ``pads_empty`` says that MindSpore's does not compute
    empty inputs.
    """

    inputs: tuple[InputName, ...] = ()
    batched_rank: Optional[int] = None
    pads_empty: bool = False


class Dtypes(Model):
    """Floating dtypes a layer has kernels for, by side and device, where that is not all."""

    torch: dict[str, tuple[str, ...]] = {}
    mindspore: dict[str, tuple[str, ...]] = {}
    because: Reason


class CaseSource(Model):
    """Argument sets and inputs of parity cases that start from one side."""

    args: dict[str, Any] = {}
    vary: dict[str, tuple[Any, ...]] = {}
    inputs: tuple[Any, ...] = Field(min_length=1)


class Bound(Model):
    """A widened tolerance."""

    rtol: float
    atol: float


class Parity(Model):
    """What is executed before the entry may be called true."""

    torch: Optional[CaseSource] = None
    mindspore: Optional[CaseSource] = None
    jit: bool = True
    gradients: bool = True
    modes: tuple[Literal["train", "eval"], ...] = ("train", "eval")
    rounding: Mapping[str, Any] = {}
    tolerance: Mapping[str, Any] = {}


class Unsupportable(Model):
    """Why no native layer is exact in a direction, whatever the arguments."""

    to_torch: Optional[Reason] = None
    to_mindspore: Optional[Reason] = None


class Entry(Model):
    """One correspondence between an API of PyTorch and one of MindSpore.

    A side that has no such API at all is left out; then ``params`` names only what a composed
    layer does not simply take. ``kind: other`` is a class that is no layer, ``parameters`` one
    that computes nothing, ``initializer`` what fills new tensors. ``only_from`` is the
    side whose name leads here, where the other side's API belongs to another entry; an entry of a
    ``flavor`` is taken from PyTorch's name where that flavor is asked for. ``aliases`` are other
    public names of MindSpore's class, ``platforms`` the only devices it has kernels for.
    """

    torch: str = ""
    mindspore: str = ""
    only_from: Optional[Side] = None
    flavor: Optional[Flavor] = None
    aliases: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    kind: Literal["layer", "sequential", "list", "dict", "parameters", "initializer", "other"] = (
        "layer"
    )
    use: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    tensors: tuple[TensorMap, ...] = ()
    read: PerSide = PerSide()
    initial: Initial = Initial()
    composed: Compositions = Compositions()
    unsupported: Unsupportable = Unsupportable()
    call: CallMap = CallMap()
    dtypes: Optional[Dtypes] = None
    traps: tuple[str, ...] = ()
    parity: Optional[Parity] = None

    def construction(self, side: Side) -> set[str]:
        """Parameters of this side that act only while a layer is built."""
        return {
            name
            for param in self.params
            if not isinstance(param, Same) and param.construction
            for name in param.names(side)
        }

    @property
    def name(self) -> str:
        """The name that it goes by: PyTorch's, unless only MindSpore's leads here."""
        if self.flavor:
            return self.mindspore
        return self.api(self.only_from) if self.only_from else self.torch or self.mindspore

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides from which a call or layer leads here."""
        return (self.only_from,) if self.only_from else tuple(s for s in SIDES if self.api(s))

    def api(self, side: Side) -> str:
        """The API's full name on this side, empty where it has none."""
        return self.torch if side == "torch" else self.mindspore

    def composition(self, side: Side) -> Optional[str]:
        """Full name of the composed layer that runs on this side."""
        name = self.composed.torch if side == "torch" else self.composed.mindspore
        return f"apimap.composed.{side}.{name}" if name else None

    @property
    def is_container(self) -> bool:
        return self.kind in ("sequential", "list", "dict")


@dataclass(frozen=True)
class LoadedEntry:
    """An entry with the place it was read from."""

    entry: Entry
    file: str
    line: int
