"""New layers of a translated call start from the source's distributions, both ways."""

from __future__ import annotations

import pytest

from apimap.call import Call
from apimap.catalog import default_catalog
from apimap.frameworks import framework
from apimap.parity.arguments import is_made
from apimap.parity.statistics import initial_value_parity
from apimap.schema import SIDES, TITLES, Entry, Side
from tests.both_calls import translated

DEFAULTS = (
    "torch.nn.Linear(64, 48)",
    "torch.nn.Bilinear(16, 12, 20)",
    "torch.nn.Conv1d(8, 64, 5, groups=2)",
    "torch.nn.Conv2d(8, 64, 3, groups=2)",
    'torch.nn.Conv2d(8, 64, 3, padding_mode="circular")',
    "torch.nn.Conv3d(8, 64, 3, groups=4)",
    "torch.nn.ConvTranspose1d(8, 64, 5, groups=2)",
    "torch.nn.ConvTranspose2d(8, 64, 3, groups=2)",
    "torch.nn.ConvTranspose2d(8, 64, 3, stride=2, output_padding=1)",
    "torch.nn.ConvTranspose3d(8, 64, 3, groups=4)",
    "torch.nn.Embedding(64, 32)",
    "torch.nn.Embedding(64, 32, padding_idx=3)",
    "torch.nn.EmbeddingBag(64, 32)",
    "torch.nn.EmbeddingBag(64, 32, padding_idx=3)",
    "torch.nn.AdaptiveLogSoftmaxWithLoss(64, 30, (10, 20))",
    "torch.nn.AdaptiveLogSoftmaxWithLoss(64, 30, (10, 20), head_bias=True)",
    "torch.nn.LinearCrossEntropyLoss(64, 30)",
    "torch.nn.PReLU(8)",
    "torch.nn.BatchNorm1d(8)",
    "torch.nn.BatchNorm2d(8)",
    "torch.nn.BatchNorm3d(8)",
    "torch.nn.SyncBatchNorm(8)",
    "torch.nn.InstanceNorm1d(8, affine=True, track_running_stats=True)",
    "torch.nn.InstanceNorm2d(8, affine=True, track_running_stats=True)",
    "torch.nn.InstanceNorm3d(8, affine=True, track_running_stats=True)",
    "torch.nn.LayerNorm((4, 6))",
    "torch.nn.LayerNorm(6)",
    "torch.nn.GroupNorm(2, 8)",
    "torch.nn.RMSNorm((6,))",
    "torch.nn.RNN(32, 40, bidirectional=True)",
    "torch.nn.GRU(32, 40, num_layers=2)",
    "torch.nn.LSTM(32, 40, proj_size=8)",
    "torch.nn.RNNCell(32, 40)",
    "torch.nn.GRUCell(32, 40)",
    "torch.nn.LSTMCell(32, 40)",
    "torch.nn.MultiheadAttention(32, 4)",
    "torch.nn.MultiheadAttention(32, 4, kdim=24, vdim=16, add_bias_kv=True)",
    "torch.nn.TransformerEncoderLayer(32, 4, 40)",
    "torch.nn.TransformerDecoderLayer(32, 4, 40)",
    "torch.nn.Transformer(32, 4, 1, 1, 40)",
    "mindspore.nn.Dense(64, 48)",
    'mindspore.nn.Dense(64, 48, activation="relu")',
    "mindspore.nn.BiDense(16, 12, 20)",
    "mindspore.nn.Conv1d(8, 64, 5, has_bias=True)",
    "mindspore.nn.Conv2d(8, 64, 3, has_bias=True, group=2)",
    "mindspore.nn.Conv2d(8, 64, 3, has_bias=True, stride=2)",
    "mindspore.nn.Conv3d(8, 64, 3, has_bias=True)",
    "mindspore.nn.Conv1dTranspose(8, 64, 5, has_bias=True)",
    "mindspore.nn.Conv2dTranspose(8, 64, 3, has_bias=True, group=2)",
    'mindspore.nn.Conv2dTranspose(8, 64, 3, stride=2, pad_mode="pad", output_padding=1)',
    "mindspore.nn.Conv3dTranspose(8, 64, 3, has_bias=True)",
    "mindspore.nn.Conv2dBnAct(8, 64, 3, has_bn=True, has_bias=True)",
    "mindspore.nn.DenseBnAct(64, 48, has_bn=True)",
    "mindspore.nn.Embedding(64, 32)",
    "mindspore.nn.Embedding(64, 32, padding_idx=3)",
    "mindspore.nn.Embedding(64, 32, use_one_hot=True)",
    "mindspore.nn.EmbeddingLookup(64, 32)",
    "mindspore.nn.MultiFieldEmbeddingLookup(64, 32, 3)",
    "mindspore.nn.PReLU(8)",
    "mindspore.nn.BatchNorm1d(8)",
    "mindspore.nn.BatchNorm2d(8)",
    "mindspore.nn.BatchNorm3d(8)",
    "mindspore.nn.SyncBatchNorm(8)",
    "mindspore.nn.LayerNorm((6,))",
    "mindspore.nn.GroupNorm(2, 8)",
    "mindspore.nn.RNN(32, 40)",
    "mindspore.nn.GRU(32, 40)",
    "mindspore.nn.LSTM(32, 40)",
    "mindspore.nn.RNNCell(32, 40)",
    "mindspore.nn.GRUCell(32, 40)",
    "mindspore.nn.LSTMCell(32, 40)",
    "mindspore.nn.MultiheadAttention(32, 4)",
    "mindspore.nn.TransformerEncoderLayer(32, 4, 40)",
    "mindspore.nn.TransformerDecoderLayer(32, 4, 40)",
    "mindspore.nn.Transformer(32, 4, 1, 1, 40)",
    "mindspore.mint.nn.Linear(64, 48)",
    "mindspore.mint.nn.Embedding(64, 32)",
    "mindspore.mint.nn.Conv2d(8, 64, 3)",
    "mindspore.mint.nn.ConvTranspose2d(8, 64, 3)",
    "mindspore.mint.nn.BatchNorm2d(8)",
    "mindspore.mint.nn.LayerNorm((6,))",
)
GIVEN = (
    'mindspore.nn.Dense(64, 48, weight_init="he_uniform", bias_init="zeros")',
    'mindspore.nn.Dense(64, 48, weight_init=mindspore.common.initializer.HeNormal(0.2, "fan_out"))',
    'mindspore.nn.Dense(64, 48, weight_init="orthogonal", activation="relu")',
    'mindspore.nn.Dense(64, 48, weight_init="variancescaling", bias_init=0.5)',
    'mindspore.nn.Conv1d(8, 64, 5, weight_init="xavier_normal", has_bias=True, bias_init="normal")',
    "mindspore.nn.Conv2dTranspose(8, 64, 3, weight_init=mindspore.common.initializer.HeUniform())",
    'mindspore.nn.BatchNorm3d(8, gamma_init="zeros", moving_var_init=2.0, beta_init="normal")',
    'mindspore.nn.GroupNorm(2, 64, gamma_init="uniform")',
    'mindspore.nn.Embedding(64, 32, embedding_table="xavier_uniform", padding_idx=3)',
    'mindspore.nn.EmbeddingLookup(64, 32, param_init="uniform")',
    'mindspore.nn.Conv2dBnAct(8, 64, 3, weight_init="xavier_uniform")',
    'mindspore.nn.BiDense(16, 12, 20, weight_init="normal")',
)
COMPUTED = {"mindspore.nn.SSIM", "mindspore.nn.MSSSIM"}
"""Their windows follow from the arguments; parity cases compare what they give."""
OTHERWISE = [
    line
    for line in (*DEFAULTS, *GIVEN)
    if (call := translated(line)[1]).route == "native"
    and (call.initial or "initializer" in str(call))
]
"""Calls whose target starts otherwise by itself."""


@pytest.mark.parametrize("text", [*DEFAULTS, *GIVEN])
def test_layers_start_alike(text: str) -> None:
    """Each tensor, of eight builds of either side."""
    source, call = translated(text)
    made = {source.side: source.build, call.side: call.build}
    report = initial_value_parity(made["torch"], made["mindspore"])
    assert report.ok, report
    assert report.trials, "no tensor was compared"


@pytest.mark.parametrize("text", OTHERWISE)
def test_without_initial_values_they_differ(text: str) -> None:
    """The measured reason for each that an entry states; and the test would find one left out."""
    source, call = translated(text)
    plain = {k: v for k, v in call.kwargs.items() if not isinstance(v, Call)}
    bare = Call(call.api, plain, route=call.route)
    made = {source.side: source.build, bare.side: bare.build}
    report = initial_value_parity(made["torch"], made["mindspore"])
    assert not report.ok


def has_values(entry: Entry, side: Side) -> bool:
    """Whether a new layer of this entry holds floating tensors."""
    cases = entry.parity and getattr(entry.parity, side)
    if not cases or entry.flavor or entry.is_container:
        return False
    given = {**{name: values[-1] for name, values in cases.vary.items()}, **cases.args}
    if any(map(is_made, given.values())):
        return False
    kwargs = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    try:
        layer = framework(side).build(entry.api(side), kwargs)
    except (ValueError, TypeError, RuntimeError):
        return False
    return any("float" in slot.dtype for slot in framework(side).slots(layer).values())


@pytest.mark.parametrize("side", SIDES)
def test_every_layer_with_values_is_measured(side: Side) -> None:
    """So that a new one turns this red."""
    measured = {line.partition("(")[0] for line in DEFAULTS}
    wanted = {e.api(side) for e in default_catalog().entries if has_values(e, side)}
    assert wanted - measured - COMPUTED == set(), f"{TITLES[side]}: add a line to DEFAULTS"
