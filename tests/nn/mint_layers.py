"""Arguments and inputs of the classes of mindspore.mint.nn that have no kernel on CPU."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np

AMOUNTS = {1: (0, 1), 2: (0, 1, 2, 1), 3: (0, 1, 2, 1, 1, 0)}
SPACE = {1: (2, 4, 7), 2: (2, 4, 7, 6), 3: (2, 4, 7, 6, 5)}
PADS = ("Zero", "Reflection", "Replication")

# The arguments, and the shape of each input; "int64" marks one of class or position numbers.
LAYERS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "ELU": ({"alpha": 0.7, "inplace": True}, [(3, 4)]),
    "GELU": ({"approximate": "tanh"}, [(3, 4)]),
    "Hardtanh": ({"min_val": -2.0, "max_val": 0.5, "inplace": True}, [(3, 4)]),
    "LogSigmoid": ({}, [(3, 4)]),
    "LogSoftmax": ({"dim": 1}, [(3, 4)]),
    "Mish": ({}, [(3, 4)]),
    "ReLU6": ({"inplace": True}, [(3, 4)]),
    "SELU": ({}, [(3, 4)]),
    "Threshold": ({"threshold": 0.1, "value": 0.2, "inplace": True}, [(3, 4)]),
    "BatchNorm1d": (
        {"num_features": 4, "eps": 1e-3, "momentum": None, "affine": False},
        [SPACE[1]],
    ),
    "BatchNorm2d": ({"num_features": 4, "track_running_stats": False}, [SPACE[2]]),
    "BatchNorm3d": ({"num_features": 4, "momentum": 0.3}, [SPACE[3]]),
    "LayerNorm": ({"normalized_shape": (3, 4), "eps": 1e-3, "bias": False}, [(2, 3, 4)]),
    "Conv1d": (
        {
            "in_channels": 4,
            "out_channels": 6,
            "kernel_size": 3,
            "stride": 2,
            "padding": 1,
            "dilation": 2,
            "groups": 2,
            "bias": False,
            "padding_mode": "circular",
        },
        [SPACE[1]],
    ),
    "Conv2d": (
        {"in_channels": 4, "out_channels": 6, "kernel_size": (3, 2), "padding": "same"},
        [SPACE[2]],
    ),
    "Conv3d": (
        {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "padding": (1, 0, 2)},
        [SPACE[3]],
    ),
    "ConvTranspose2d": (
        {
            "in_channels": 4,
            "out_channels": 6,
            "kernel_size": 3,
            "stride": 2,
            "padding": 1,
            "output_padding": (1, 0),
            "groups": 2,
            "dilation": 2,
        },
        [SPACE[2]],
    ),
    "Embedding": (
        {
            "num_embeddings": 5,
            "embedding_dim": 3,
            "padding_idx": 2,
            "max_norm": 1.0,
            "norm_type": 1.0,
            "scale_grad_by_freq": True,
        },
        ["int64"],
    ),
    "CosineEmbeddingLoss": ({"margin": 0.3, "reduction": "sum"}, [(2, 4), (2, 4), "int64"]),
    "CrossEntropyLoss": (
        {"ignore_index": 2, "reduction": "none", "label_smoothing": 0.1},
        [(2, 4), "int64"],
    ),
    "KLDivLoss": ({"reduction": "batchmean", "log_target": True}, [(3, 4), (3, 4)]),
    "L1Loss": ({"reduction": "sum"}, [(3, 4), (3, 4)]),
    "MSELoss": ({"reduction": "none"}, [(3, 4), (3, 4)]),
    "AdaptiveAvgPool1d": ({"output_size": 3}, [SPACE[1]]),
    "AdaptiveAvgPool2d": ({"output_size": (3, None)}, [SPACE[2]]),
    "AdaptiveAvgPool3d": ({"output_size": (3, None, 2)}, [SPACE[3]]),
    "AdaptiveMaxPool1d": ({"output_size": 3, "return_indices": True}, [SPACE[1]]),
    "AvgPool1d": (
        {
            "kernel_size": 3,
            "stride": 2,
            "padding": 1,
            "ceil_mode": True,
            "count_include_pad": False,
        },
        [SPACE[1]],
    ),
    "AvgPool2d": ({"kernel_size": (3, 2), "divisor_override": 2}, [SPACE[2]]),
    "AvgPool3d": ({"kernel_size": 3, "stride": (1, 2, 3)}, [SPACE[3]]),
    "MaxPool2d": (
        {
            "kernel_size": 3,
            "padding": 1,
            "dilation": 2,
            "return_indices": True,
            "ceil_mode": True,
        },
        [SPACE[2]],
    ),
    "MaxUnpool2d": ({"kernel_size": 2, "stride": 3, "padding": 1}, [(1, 1, 1, 2), "int64"]),
    **{
        f"ConstantPad{axes}d": ({"padding": AMOUNTS[axes], "value": 0.5}, [SPACE[axes]])
        for axes in SPACE
    },
    **{
        f"{k}Pad{axes}d": ({"padding": AMOUNTS[axes]}, [SPACE[axes]])
        for k in PADS
        for axes in SPACE
    },
    "Dropout": ({"p": 0.3, "inplace": True}, [(3, 4)]),
    "Dropout2d": ({"p": 0.3}, [SPACE[2]]),
    "Fold": (
        {
            "output_size": (4, 5),
            "kernel_size": (2, 3),
            "dilation": 2,
            "padding": 1,
            "stride": 2,
        },
        [(1, 12, 4)],
    ),
    "Unfold": ({"kernel_size": (2, 3), "dilation": 2, "padding": 1, "stride": 2}, [SPACE[2]]),
    "Upsample": (
        {"scale_factor": (2.0, 3.0), "mode": "bicubic", "align_corners": True},
        [SPACE[2]],
    ),
    "UpsamplingBilinear2d": ({"size": (3, 4)}, [SPACE[2]]),
}


def inputs(name: str) -> list[Any]:
    """Tensors of ones of the class's shapes, and class numbers."""
    return [
        mindspore.Tensor([1, 1], mindspore.int64)
        if shape == "int64"
        else mindspore.Tensor(np.ones(shape, np.float32))
        for shape in LAYERS[name][1]
    ]
