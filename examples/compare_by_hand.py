"""What the official recipe for ConvTranspose1d computes, beside what apimap computes."""

import mindspore
import numpy as np
import torch

import apimap

module = torch.nn.ConvTranspose1d(3, 64, 5, stride=3, padding=2, output_padding=2, bias=False)
exact = apimap.to_mindspore(module)
recipe = mindspore.nn.Conv1dTranspose(3, 64, 5, stride=3, pad_mode="same")
weight = module.weight.detach().numpy()[:, :, None, :]
recipe.weight.set_data(mindspore.Tensor(weight))

x = np.random.default_rng(0).standard_normal((1, 3, 50)).astype(np.float32)
expected = module(torch.from_numpy(x)).detach().numpy()
for name, cell in (("official recipe", recipe), ("apimap", exact)):
    got = cell(mindspore.Tensor(x)).asnumpy()
    print(f"{name:<16} shape {got.shape}, differs by {np.abs(got - expected).max():.1e}")
assert np.allclose(got, expected, atol=1e-5)
