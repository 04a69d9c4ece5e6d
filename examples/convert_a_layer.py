"""Convert a PyTorch layer to MindSpore and use it there."""

import mindspore
import numpy as np
import torch

import apimap

module = torch.nn.ConvTranspose1d(3, 64, 5, stride=3, padding=2, output_padding=2)
cell = apimap.to_mindspore(module)

x = np.random.default_rng(0).standard_normal((2, 3, 50)).astype(np.float32)
ours = module(torch.from_numpy(x)).detach().numpy()
theirs = cell(mindspore.Tensor(x)).asnumpy()
print(cell)
print("largest difference:", np.abs(ours - theirs).max())
assert np.allclose(ours, theirs, atol=1e-5)
