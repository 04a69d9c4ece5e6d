"""PyTorch's recurrent cells on MindSpore: default states, unbatched and empty inputs."""

from __future__ import annotations

import math
from typing import Any

from mindspore import Parameter, nn, ops
from mindspore.common.initializer import Uniform, initializer

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.empty import empty_result
from apimap.composed.mindspore.recurrent_steps import GATES, gates_of_input, step, working


class _RecurrentCell(nn.Cell):
    """What one step of a recurrence is made of."""

    def _make(self, mode: str, input_size: int, hidden_size: int, bias: bool) -> None:
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.bias_ih = self.bias_hh = None
        rows = GATES[mode] * hidden_size
        shapes: dict[str, tuple[int, ...]]
        shapes = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size)}
        if bias:
            shapes.update(bias_ih=(rows,), bias_hh=(rows,))
        for name, shape in shapes.items():
            start = initializer(Uniform(1 / math.sqrt(hidden_size)), shape)
            setattr(self, name, Parameter(start, name=name))

    def _forward(self, input: Any, given: Any) -> Any:
        if input.ndim not in (1, 2):
            raise ValueError(f"expected an input of rank 1 or 2, got {input.ndim}")
        x = input.expand_dims(0) if input.ndim == 1 else input
        count = 2 if self.mode == "LSTM" else 1
        if given is None:
            states = (ops.zeros((x.shape[0], self.hidden_size), x.dtype),) * count
        else:
            states = tuple([s.expand_dims(0) if input.ndim == 1 else s for s in given])
        for state in states:
            if state.shape != (x.shape[0], self.hidden_size):
                raise ValueError(f"a state is {state.shape}, not {(x.shape[0], self.hidden_size)}")
        results = self._step(x, states)
        return tuple([r.squeeze(0) if input.ndim == 1 else r for r in results])

    def _step(self, x: Any, states: Any) -> Any:
        if x.shape[1] != self.input_size:
            raise ValueError(f"expected {self.input_size} features, got {x.shape[1]}")
        held = [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]
        if x.shape[0] == 0:
            source = ops.zeros((), x.dtype)
            for weight in held:
                source = source if weight is None else source + weight.sum()
            return tuple([empty_result(state.shape, source) for state in states])
        dtype = working(x.dtype)
        weights = [weight if weight is None else weight.astype(dtype) for weight in held]
        start = tuple([state.astype(dtype) for state in states])
        w_ih, w_hh, b_ih, b_hh = weights
        gates = gates_of_input(self.mode, x.astype(dtype), w_ih, b_ih, b_hh)
        results = step(self.mode, gates, start, w_hh, b_hh, None)
        return tuple([result.astype(x.dtype) for result in results])


@keeps_arguments
class RNNCell(_RecurrentCell):
    """``torch.nn.RNNCell`` on MindSpore."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
        self._make(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, bias)

    def construct(self, input: Any, hx: Any = None) -> Any:
        given = None if hx is None else (hx,)
        return self._forward(input, given)[0]


@keeps_arguments
class GRUCell(_RecurrentCell):
    """``torch.nn.GRUCell`` on MindSpore."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        self._make("GRU", input_size, hidden_size, bias)

    def construct(self, input: Any, hx: Any = None) -> Any:
        given = None if hx is None else (hx,)
        return self._forward(input, given)[0]


@keeps_arguments
class LSTMCell(_RecurrentCell):
    """``torch.nn.LSTMCell`` on MindSpore."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        self._make("LSTM", input_size, hidden_size, bias)

    def construct(self, input: Any, hx: Any = None) -> Any:
        return self._forward(input, hx)
