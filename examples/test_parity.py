"""A parity test for CI: run it with pytest."""

import numpy as np
import torch

import apimap


def test_both_frameworks_agree() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.GELU(), torch.nn.Linear(8, 2))
    cell = apimap.to_mindspore(module)
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    apimap.assert_parity(module, cell, x)
