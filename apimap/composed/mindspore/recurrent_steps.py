"""One step of each recurrence, and the loop over a sequence, from MindSpore's primitives.

MindSpore 2.10's casts take 0.6 ms each outside of a graph on CPU, and its float64 matrix product
up to six times as long as the float32 one, so float32 stays float32 throughout.
"""

from __future__ import annotations

from typing import Any, Optional

import mindspore
from mindspore import ops

# Primitives compile three times faster under ms.jit than operators and functions of ops do.
_add, _multiply, _subtract = ops.Add(), ops.Mul(), ops.Sub()
_matmul, _select = ops.MatMul(transpose_b=True), ops.Select()
_sigmoid, _relu, _exact_tanh = ops.Sigmoid(), ops.ReLU(), ops.Tanh()
_thirds, _quarters = ops.Split(1, 3), ops.Split(1, 4)
_unstack, _stack = ops.Unstack(0), ops.Stack(0)

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


def working(dtype: Any) -> Any:
    """The dtype to compute in: float16 is computed in float32, as its products take 20 times as
    long on CPU (MindSpore 2.10)."""
    return mindspore.float32 if dtype == mindspore.float16 else dtype


def tanh(x: Any) -> Any:
    """MindSpore 2.10's float32 kernel is off by 1e-4 beyond 3 on CPU; this is off by 1.7e-6."""
    if x.dtype == mindspore.float64:
        return _exact_tanh(x)
    half = _sigmoid(_add(x, x))
    return _subtract(_add(half, half), 1.0)


def gates_of_input(mode: str, x: Any, w_ih: Any, b_ih: Any, b_hh: Any) -> Any:
    """What the inputs give to the gates, of one step or of all steps at once."""
    gates = _matmul(x, w_ih)
    if b_ih is None:
        return gates
    return _add(gates, b_ih if mode == "GRU" else _add(b_ih, b_hh))


def step(mode: str, gates: Any, state: Any, w_hh: Any, b_hh: Any, w_hr: Any) -> Any:
    """The next state, whose first tensor is the output; ``gates`` is of ``gates_of_input``."""
    if mode == "LSTM":
        return _lstm_step(gates, state[0], state[1], w_hh, w_hr)
    if mode == "GRU":
        return (_gru_step(gates, state[0], w_hh, b_hh),)
    total = _add(gates, _matmul(state[0], w_hh))
    return (tanh(total) if mode == "RNN_TANH" else _relu(total),)


def _gru_step(gates: Any, hidden: Any, w_hh: Any, b_hh: Any) -> Any:
    inner = _matmul(hidden, w_hh)
    if b_hh is not None:
        inner = _add(inner, b_hh)
    of_reset, of_update, of_new = _thirds(gates)
    to_reset, to_update, to_new = _thirds(inner)
    reset = _sigmoid(_add(of_reset, to_reset))
    update = _sigmoid(_add(of_update, to_update))
    new = tanh(_add(of_new, _multiply(reset, to_new)))
    return _add(new, _multiply(update, _subtract(hidden, new)))


def _lstm_step(gates: Any, hidden: Any, memory: Any, w_hh: Any, w_hr: Any) -> Any:
    to_input, to_forget, to_new, to_output = _quarters(_add(gates, _matmul(hidden, w_hh)))
    kept = _multiply(_sigmoid(to_forget), memory)
    memory = _add(kept, _multiply(_sigmoid(to_input), tanh(to_new)))
    hidden = _multiply(_sigmoid(to_output), tanh(memory))
    return (hidden if w_hr is None else _matmul(hidden, w_hr), memory)


def scan(
    mode: str, x: Any, state: Any, weights: Any, backwards: bool, masks: Optional[Any]
) -> tuple[Any, Any]:
    """The outputs of all steps of ``x`` (steps, batch, features), and the last state.

    ``masks`` has a (batch, 1) mask for each step: where it is false the state stays and the
    output is zero.
    """
    length, batch, features = x.shape
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    flat = gates_of_input(mode, x.reshape((length * batch, features)), w_ih, b_ih, b_hh)
    rows = _unstack(flat.reshape((length, batch, flat.shape[1])))
    outputs = []
    for index in range(length):
        at = length - 1 - index if backwards else index
        new = step(mode, rows[at], state, w_hh, b_hh, w_hr)
        output = new[0]
        if masks is not None:
            output = _chosen(masks[at], output, ops.zeros_like(output))
            new = tuple([_chosen(masks[at], new[i], state[i]) for i in range(len(state))])
        state = new
        outputs.append(output)
    return _stack(outputs[::-1] if backwards else outputs), state


def _chosen(mask: Any, one: Any, other: Any) -> Any:
    return _select(ops.broadcast_to(mask, one.shape), one, other)


def lstm_kernel(x: Any, state: Any, weights: Any, backwards: bool) -> tuple[Any, Any]:
    """The same as ``scan`` of an LSTM, by MindSpore's kernel, which is oneDNN's as PyTorch's is.

    Only in float32: its gradients are garbage in float16 and float64 (MindSpore 2.10 on CPU).
    """
    w_ih, w_hh, b_ih, b_hh, _ = weights
    parts = [w_ih.reshape((-1, 1, 1)), w_hh.reshape((-1, 1, 1))]
    if b_ih is not None:
        parts.append(_add(b_ih, b_hh).reshape((-1, 1, 1)))
    kernel = ops.LSTM(w_ih.shape[1], w_hh.shape[1], 1, b_ih is not None, False, 0.0)
    hidden, memory = state[0].expand_dims(0), state[1].expand_dims(0)
    x = ops.flip(x, (0,)) if backwards else x
    y, hidden, memory, _, _ = kernel(x, hidden, memory, ops.concat(parts))
    y = ops.flip(y, (0,)) if backwards else y
    return y, (hidden.squeeze(0), memory.squeeze(0))
