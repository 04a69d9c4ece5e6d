"""First values of a new layer: what each framework draws, and what draws the other's.

MindSpore's layers take initializers (``weight_init`` and others, which say what they ``fills``);
PyTorch's are filled after they were built, by functions of ``torch.nn.init``. The entries of these
are in ``mappings/init.yaml``; where the frameworks' defaults differ, an entry's ``initial`` has
both. Only calls are concerned: a converted live layer has the values that its source holds.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterator, Mapping
from dataclasses import replace
from numbers import Number
from typing import Any, Optional

from apimap import signatures
from apimap.call import INDEXED, Call, Values
from apimap.catalog import default_catalog
from apimap.convert import convert_call, emitted
from apimap.errors import InvalidCall, Unsupported
from apimap.schema import Entry, MindsporeOnly, Pair, TensorMap

HOME = "mindspore.common.initializer"
WORDS = {
    "zeros": "Zero",
    "ones": "One",
    "he_normal": "HeNormal",
    "he_uniform": "HeUniform",
    "xavier_normal": "XavierNormal",
    "xavier_uniform": "XavierUniform",
}
"""Words for initializers, beside the lower-case names of all but Constant."""
OPERATORS = {ast.Div: operator.truediv, ast.Mult: operator.mul, ast.Pow: operator.pow}


def bind_initializer(api: str, args: tuple[Any, ...], kwargs: Values) -> dict[str, Any]:
    """The arguments of an initializer; the tensor that PyTorch's function fills is none of them."""
    own = signatures.signature(api).parameters
    if "tensor" not in own:
        return signatures.bind(api, args, kwargs)
    if args and not hasattr(args[0], "shape"):
        hint = "name the others, as in a=0.1"
        raise InvalidCall("its first argument is the tensor that it fills", where=api, hint=hint)
    bound = signatures.bind(api, args, kwargs if args else {"tensor": None, **kwargs})
    del bound["tensor"]
    return bound


def filling(entry: Entry) -> dict[str, str]:
    """By the name of MindSpore's tensor, its parameter that fills it."""
    params = [param for param in entry.params if isinstance(param, MindsporeOnly) and param.fills]
    return {
        tensor: name
        for param in params
        for tensor, name in zip(param.fills, param.own, strict=True)
    }


def without_initial_values(entry: Entry, api: str, values: Values) -> Values:
    """The values without those that fill the tensors of a new layer."""
    if api != entry.mindspore:
        return values
    left_out = set(filling(entry).values())
    return {name: value for name, value in values.items() if name not in left_out}


def complete(entry: Entry, api: str, values: Values, call: Call) -> Call:
    """The call with what gives the new layer the first values that the source's would have."""
    if api == entry.mindspore:
        return _to_torch(entry, values, call)
    if api == entry.torch and call.route == "native":
        return _to_mindspore(entry, values, call)
    return call


def _to_mindspore(entry: Entry, values: Values, call: Call) -> Call:
    """PyTorch's defaults as MindSpore's arguments, where MindSpore's own are others."""
    drawn = {}
    for tensor in entry.tensors:
        law = entry.initial.torch.get(tensor.name("torch") or "")
        if law and (tensor.if_ is None or values[tensor.if_]):
            param = filling(entry)[str(tensor.name("mindspore"))]
            drawn[param] = _converted(read_law(law, values))
    return replace(call, kwargs=emitted(call.api, {**call.kwargs, **drawn})) if drawn else call


def _to_torch(entry: Entry, values: Values, call: Call) -> Call:
    """MindSpore's first values, as functions to run on PyTorch's new layer."""
    initial = {
        _renamed(entry, name, values, call): _converted(start)
        for name, start in _starts(entry, values)
        if _renamed(entry, name, values, call)
    }
    if not initial:
        return call
    notes = tuple(f"then {_line(name, start)}" for name, start in initial.items())
    return replace(call, initial=initial, notes=(*call.notes, *notes))


def _starts(entry: Entry, values: Values) -> Iterator[tuple[str, Call]]:
    """MindSpore's tensors that start otherwise than PyTorch's by default, and how."""
    given = {}
    for tensor, param in filling(entry).items():
        value = values.get(param)
        if not signatures.is_default(entry.mindspore, param, value):
            given[tensor] = read_initializer(value, param)
    laws = {name: law for name, law in entry.initial.mindspore.items() if name not in given}
    yield from given.items()
    for name, law in laws.items():
        tensor, row = _parts(name)
        if row is None or values[row] is not None:
            yield tensor if row is None else f"{tensor}[{values[row]}]", read_law(law, values)


def _parts(name: str) -> tuple[str, Optional[str]]:
    found = INDEXED.fullmatch(name)
    return (found[1], found[2]) if found else (name, None)


def _renamed(entry: Entry, name: str, values: Values, call: Call) -> str:
    """The name of a tensor in the converted layer; empty where that has none."""
    own, row = _parts(name)
    tensor = next((t for t in entry.tensors if t.name("mindspore") == own), None)
    if tensor is not None and not _has(entry, tensor, values, call):
        return ""
    renamed = tensor.name("torch") if tensor is not None and call.route == "native" else own
    return f"{renamed}[{row}]" if row and renamed else renamed or ""


def _has(entry: Entry, tensor: TensorMap, values: Values, call: Call) -> bool:
    """Whether the converted layer has the tensor, by the parameter that it depends on."""
    name = tensor.if_
    if name is None:
        return True
    if call.route == "native":
        default = signatures.signature(call.api).parameters[name].default
        return bool(call.kwargs.get(name, default))
    pairs = (p for p in entry.params if isinstance(p, Pair) and p.torch == (name,) and not p.rule)
    own = next((pair.mindspore[0] for pair in pairs), name)
    return bool(values.get(own, True))


def _line(name: str, start: Call) -> str:
    each = ", for each tensor of this name" if "*" in name else ""
    arguments = ", ".join(filter(None, (f"layer.{name}", start.arguments())))
    return f"{start.api}({arguments}){each}"


def _converted(start: Call) -> Call:
    entry = default_catalog().find(start.api)
    if entry.kind != "initializer":
        raise InvalidCall(f"{start.api} draws no first values", hint="give an initializer")
    values = bind_initializer(start.api, (), start.kwargs)
    return convert_call(entry, start.api, values)


def read_initializer(value: Any, param: str = "") -> Call:
    """What MindSpore takes for an initializer: a word, a number, an object, or a call of one."""
    if isinstance(value, Call):
        return value
    if isinstance(value, str) and value.lower() in _words():
        return Call(f"{HOME}.{_words()[value.lower()]}", {})
    if isinstance(value, Number):
        return Call(f"{HOME}.Constant", {"value": value})
    if type(value).__module__ == HOME:
        api = f"{HOME}.{type(value).__name__}"
        names = signatures.signature(api).parameters
        return Call(api, {name: getattr(value, name) for name in names})
    reason = f"{param}={value!r} is no initializer of MindSpore that PyTorch could have"
    hint = f"a number, an object of {HOME}, or one of {', '.join(map(repr, _words()))}"
    raise Unsupported(reason, hint=hint, final=True)


def _words() -> dict[str, str]:
    """MindSpore's words for initializers; Sparse has one, and cannot be made without arguments."""
    known = (api.rpartition(".") for api in signatures.known_apis("mindspore"))
    names = [name for module, _, name in known if module == HOME]
    return WORDS | {name.lower(): name for name in names if name not in ("Constant", "Sparse")}


def read_law(text: str, values: Mapping[str, Any]) -> Call:
    """The call that an entry states, with numbers computed from the layer's arguments.

    >>> str(read_law("mindspore.common.initializer.Uniform(n ** -0.5)", {"n": 4}))
    'mindspore.common.initializer.Uniform(scale=0.5)'
    """
    node = ast.parse(text, mode="eval").body
    if not isinstance(node, ast.Call):
        raise InvalidCall(f"not a call: {text}", hint="name an initializer with its arguments")
    api = ast.unparse(node.func)
    args = tuple(_number(each, values) for each in node.args)
    kwargs = {str(each.arg): _number(each.value, values) for each in node.keywords}
    bound = bind_initializer(api, args, kwargs)
    return Call(api, emitted(api, bound))


def _number(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        sides = _number(node.left, values), _number(node.right, values)
        return OPERATORS[type(node.op)](*sides)
    return ast.literal_eval(node)
