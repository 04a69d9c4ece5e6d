"""MindSpore's recurrent layers on PyTorch: PyTorch's own, which pack where seq_length is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from apimap.composed import keeps_arguments


def _packed(
    forward: Callable[[Any, Any], Any], batch_first: bool, x: Any, hx: Any, seq_length: Any
) -> tuple[Any, Any]:
    """Of the padded batch; PyTorch packs no sequence without steps, which keeps its state."""
    at = 0 if batch_first else 1
    lengths = seq_length.clamp(min=1).cpu()
    packed = pack_padded_sequence(x, lengths, batch_first=batch_first, enforce_sorted=False)
    y, last = forward(packed, hx)
    y, _ = pad_packed_sequence(y, batch_first=batch_first, total_length=x.shape[1 - at])
    runs = (seq_length > 0).to(x.device).unsqueeze(1)
    y = y.where(runs.unsqueeze(1 - at), y.new_zeros(()))
    if not isinstance(last, tuple):
        return y, _kept(runs, last, hx)
    starts = (None, None) if hx is None else hx
    return y, tuple(_kept(runs, last[index], starts[index]) for index in range(2))


def _kept(runs: Any, last: Any, start: Optional[Any]) -> Any:
    return last.where(runs, last.new_zeros(()) if start is None else start)


@keeps_arguments
class RNN(nn.RNN):
    """``mindspore.nn.RNN`` on PyTorch."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        has_bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: Any = None,
        *,
        nonlinearity: str = "tanh",
    ) -> None:
        del dtype
        sizes = (input_size, hidden_size, num_layers)
        super().__init__(*sizes, nonlinearity, has_bias, batch_first, dropout, bidirectional)

    def forward(self, x: Any, hx: Any = None, seq_length: Any = None) -> Any:
        if seq_length is None:
            return super().forward(x, hx)
        return _packed(super().forward, self.batch_first, x, hx, seq_length)


@keeps_arguments
class GRU(nn.GRU):
    """``mindspore.nn.GRU`` on PyTorch."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        has_bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: Any = None,
    ) -> None:
        del dtype
        sizes = (input_size, hidden_size, num_layers)
        super().__init__(*sizes, has_bias, batch_first, dropout, bidirectional)

    def forward(self, x: Any, hx: Any = None, seq_length: Any = None) -> Any:
        if seq_length is None:
            return super().forward(x, hx)
        return _packed(super().forward, self.batch_first, x, hx, seq_length)


@keeps_arguments
class LSTM(nn.LSTM):
    """``mindspore.nn.LSTM`` on PyTorch."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        has_bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: Any = None,
    ) -> None:
        del dtype
        sizes = (input_size, hidden_size, num_layers)
        super().__init__(*sizes, has_bias, batch_first, dropout, bidirectional)

    def forward(self, x: Any, hx: Any = None, seq_length: Any = None) -> Any:
        if seq_length is None:
            return super().forward(x, hx)
        return _packed(super().forward, self.batch_first, x, hx, seq_length)
