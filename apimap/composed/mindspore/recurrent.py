"""PyTorch's recurrent layers on MindSpore: unbatched and padded sequences, projections."""

from __future__ import annotations

import math
from typing import Any, Optional

import mindspore
from mindspore import Parameter, nn, ops
from mindspore.common.initializer import Uniform, initializer

from apimap.composed import keeps_arguments
from apimap.composed.mindspore.empty import empty_result
from apimap.composed.mindspore.recurrent_steps import GATES, lstm_kernel, scan, working

PACKED = (
    "takes a padded tensor; for a PyTorch PackedSequence pass what "
    "torch.nn.utils.rnn.pad_packed_sequence gives: its tensor as input, its lengths as seq_length"
)


class _Recurrent(nn.Cell):
    """What recurrent layers share. ``names`` are the parameters of each layer and direction."""

    def _make(self, mode: str, sizes: tuple[int, int, int], proj_size: int, **said: Any) -> None:
        self.input_size, self.hidden_size, self.num_layers = sizes
        self.mode, self.proj_size = mode, proj_size
        self.batch_first, self.dropout = said["batch_first"], float(said["dropout"])
        self.directions = 2 if said["bidirectional"] else 1
        self.output_size = proj_size or self.hidden_size
        if min(sizes) < 1 or not 0 <= proj_size < self.hidden_size or not 0 <= self.dropout <= 1:
            raise ValueError("sizes must be over 0, proj_size under hidden_size, dropout in 0 to 1")
        self.names = tuple(
            self._parameters(layer, suffix, said["bias"])
            for layer in range(self.num_layers)
            for suffix in ("", "_reverse")[: self.directions]
        )

    def _parameters(self, layer: int, suffix: str, bias: bool) -> tuple[Optional[str], ...]:
        rows = GATES[self.mode] * self.hidden_size
        columns = self.output_size * self.directions if layer else self.input_size
        shapes = {
            "weight_ih": (rows, columns),
            "weight_hh": (rows, self.output_size),
            "bias_ih": (rows,) if bias else None,
            "bias_hh": (rows,) if bias else None,
            "weight_hr": (self.proj_size, self.hidden_size) if self.proj_size else None,
        }
        names = []
        for kind, shape in shapes.items():
            name = None if shape is None else f"{kind}_l{layer}{suffix}"
            if name is not None:
                start = initializer(Uniform(1 / math.sqrt(self.hidden_size)), shape)
                setattr(self, name, Parameter(start, name=name))
            names.append(name)
        return tuple(names)

    def _weights(self, index: int, dtype: Any) -> Any:
        found = []
        for name in self.names[index]:
            found.append(None if name is None else getattr(self, name).astype(dtype))
        return found

    def _forward(self, input: Any, given: Any, seq_length: Any) -> tuple[Any, Any]:
        if not isinstance(input, mindspore.Tensor):
            raise TypeError(f"{self.cls_name} {PACKED}")
        if input.ndim not in (2, 3):
            raise ValueError(f"expected an input of rank 2 or 3, got {input.ndim}")
        swaps = self.batch_first and input.ndim == 3
        x = input.swapaxes(0, 1) if swaps else input
        x = x.expand_dims(1) if input.ndim == 2 else x
        states = self._states(x, given, input.ndim)
        self._check(x, states, seq_length)
        y, lasts = self._layers(x, states, seq_length)
        if input.ndim == 2:
            return y.squeeze(1), tuple([last.squeeze(1) for last in lasts])
        return y.swapaxes(0, 1) if swaps else y, lasts

    def _sizes(self) -> list[int]:
        hidden = [self.output_size]
        return [*hidden, self.hidden_size] if self.mode == "LSTM" else hidden

    def _states(self, x: Any, given: Any, rank: int) -> Any:
        rows = self.num_layers * self.directions
        if given is None:
            return tuple([ops.zeros((rows, x.shape[1], n), x.dtype) for n in self._sizes()])
        for state in given:
            if state.ndim != rank:
                raise ValueError(f"expected states of the input's rank {rank}, got {state.ndim}")
        return tuple([state.expand_dims(1) if rank == 2 else state for state in given])

    def _check(self, x: Any, states: Any, seq_length: Any) -> None:
        if x.shape[2] != self.input_size or x.shape[0] == 0:
            raise ValueError(f"expected steps of {self.input_size} features, got {x.shape}")
        if x.dtype != getattr(self, str(self.names[0][0])).dtype:
            raise ValueError(f"the input's {x.dtype} is not the dtype of the weights")
        rows = self.num_layers * self.directions
        for index, size in enumerate(self._sizes()):
            expected, found = (rows, x.shape[1], size), states[index].shape
            if found != expected:
                raise ValueError(f"expected a state of shape {expected}, got {found}")
        if seq_length is not None and seq_length.shape != (x.shape[1],):
            raise ValueError(f"seq_length is {seq_length.shape}, not {(x.shape[1],)}")

    def _layers(self, x: Any, states: Any, seq_length: Any) -> tuple[Any, Any]:
        if x.shape[1] == 0:
            return self._empty(x, states)
        kind, dtype = x.dtype, working(x.dtype)
        masks, x = None, x.astype(dtype)
        if seq_length is not None:
            steps = ops.arange(x.shape[0]).reshape((-1, 1, 1))
            mask = steps < seq_length.reshape((1, -1, 1))
            x = ops.where(mask, x, ops.zeros_like(x))
            masks = ops.unstack(mask, 0)
        lasts = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(self.directions):
                index = layer * self.directions + direction
                start = tuple([state[index].astype(dtype) for state in states])
                y, last = self._run(x, start, index, direction == 1, masks)
                outputs.append(y)
                lasts.append(last)
            x = outputs[0] if self.directions == 1 else ops.concat(outputs, 2)
            if self.training and self.dropout > 0 and layer + 1 < self.num_layers:
                x = self._dropped(x)
        found = [
            ops.stack([last[i] for last in lasts]).astype(kind) for i in range(len(self._sizes()))
        ]
        return x.astype(kind), tuple(found)

    def _run(self, x: Any, start: Any, index: int, backwards: bool, masks: Any) -> tuple[Any, Any]:
        weights = self._weights(index, x.dtype)
        single = x.dtype == mindspore.float32
        if self.mode == "LSTM" and single and masks is None and self.proj_size == 0:
            return lstm_kernel(x, start, weights, backwards)
        return scan(self.mode, x, start, weights, backwards, masks)

    def _dropped(self, x: Any) -> Any:
        return ops.zeros_like(x) if self.dropout == 1.0 else ops.dropout(x, self.dropout, True)

    def _empty(self, x: Any, states: Any) -> tuple[Any, Any]:
        source = ops.zeros((), x.dtype)
        for index in range(len(self.names)):
            for weight in self._weights(index, x.dtype):
                source = source if weight is None else source + weight.sum()
        shape = (x.shape[0], 0, self.output_size * self.directions)
        lasts = [empty_result(state.shape, source) for state in states]
        return empty_result(shape, source), tuple(lasts)


@keeps_arguments
class RNN(_Recurrent):
    """``torch.nn.RNN`` on MindSpore.

    ``seq_length``, the length of each sequence of a padded batch, does what packing the batch
    does in PyTorch: outputs are zero beyond it, and the last states are those at each end.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
        sizes = (input_size, hidden_size, num_layers)
        said = {"bias": bias, "batch_first": batch_first, "bidirectional": bidirectional}
        self._make(f"RNN_{nonlinearity.upper()}", sizes, 0, dropout=dropout, **said)

    def construct(self, input: Any, hx: Any = None, seq_length: Any = None) -> tuple[Any, Any]:
        given = None if hx is None else (hx,)
        y, states = self._forward(input, given, seq_length)
        return y, states[0]


@keeps_arguments
class GRU(_Recurrent):
    """``torch.nn.GRU`` on MindSpore; ``seq_length`` is as in ``RNN``."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        sizes = (input_size, hidden_size, num_layers)
        said = {"bias": bias, "batch_first": batch_first, "bidirectional": bidirectional}
        self._make("GRU", sizes, 0, dropout=dropout, **said)

    def construct(self, input: Any, hx: Any = None, seq_length: Any = None) -> tuple[Any, Any]:
        given = None if hx is None else (hx,)
        y, states = self._forward(input, given, seq_length)
        return y, states[0]


@keeps_arguments
class LSTM(_Recurrent):
    """``torch.nn.LSTM`` on MindSpore; ``seq_length`` is as in ``RNN``."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        del device, dtype
        sizes = (input_size, hidden_size, num_layers)
        said = {"bias": bias, "batch_first": batch_first, "bidirectional": bidirectional}
        self._make("LSTM", sizes, proj_size, dropout=dropout, **said)

    def construct(self, input: Any, hx: Any = None, seq_length: Any = None) -> tuple[Any, Any]:
        return self._forward(input, hx, seq_length)
