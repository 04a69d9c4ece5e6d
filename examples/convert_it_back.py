"""Convert a network to MindSpore and back: the same classes, the same text, the same bits."""

import torch
from torch import nn

import apimap

network = nn.Sequential(
    nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()),
    nn.Sequential(nn.Flatten(), nn.Linear(8 * 6 * 6, 10)),
)
cell = apimap.to_mindspore(network)
back = apimap.to_torch(cell)

print(cell)
assert repr(back) == repr(network)
kept, came = network.state_dict(), back.state_dict()
assert list(kept) == list(came)
assert all(torch.equal(kept[name], came[name]) for name in kept)
print(f"{len(kept)} tensors came back bit-equal")
