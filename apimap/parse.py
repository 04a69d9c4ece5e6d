"""The text of a call to its API and arguments, as literals: nothing is evaluated."""

from __future__ import annotations

import ast
from typing import Any

from apimap.call import Call
from apimap.errors import InvalidCall
from apimap.signatures import FILES, Name, bind

Arguments = tuple[str, list[Any], dict[str, Any]]
EXAMPLE = "write it as in 'torch.nn.Conv2d(3, 8, 3, padding=1)'"


def parse_call(text: str) -> Arguments:
    """The API's full name, the positional and the named arguments.

    Arguments are literals, dotted names of a framework's objects such as ``torch.float32``, or
    calls of its initializers. Raises ``InvalidCall`` for anything else.

    >>> parse_call("torch.nn.Conv2d(3, 8, (3, 3), bias=False)")
    ('torch.nn.Conv2d', [3, 8, (3, 3)], {'bias': False})
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise InvalidCall(f"not a call: {error}", where=text, hint=EXAMPLE) from None
    if not isinstance(node, ast.Call):
        raise InvalidCall("not a call", where=text, hint=EXAMPLE)
    api = _dotted(node.func)
    if api is None:
        raise InvalidCall("what is called must be a plain name", where=text, hint=EXAMPLE)
    named = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise InvalidCall("**arguments cannot be read", where=api, hint="name each one")
        named[keyword.arg] = _value(api, keyword.arg, keyword.value)
    return api, [_value(api, f"argument {i}", n) for i, n in enumerate(node.args, 1)], named


def _value(api: str, name: str, node: ast.expr) -> Any:
    dotted = _dotted(node)
    if dotted is not None and dotted.partition(".")[0] in FILES:
        return Name(dotted)
    if isinstance(node, ast.Call) and (_dotted(node.func) or "").partition(".")[0] in FILES:
        inner, args, named = parse_call(ast.unparse(node))
        return Call(inner, bind(inner, tuple(args), named))
    try:
        return _number(node) or ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise InvalidCall(
            f"{name} is no literal: {ast.unparse(node)}",
            where=api,
            hint="numbers, strings, True, False, None, tuples and names such as torch.float32 "
            "can be read; nothing is evaluated",
        ) from None


def _number(node: ast.expr) -> float | None:
    """An infinity or NaN, as Python prints it."""
    text = ast.unparse(node)
    return float(text) if text in ("inf", "-inf", "nan") else None


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = _dotted(node.value)
        return f"{head}.{node.attr}" if head else None
    return None
