from __future__ import annotations

import torch
from torch import nn

from awry.methods.graphs import Graph, eager, ran


def test_what_one_tensor_or_several_come_out_as() -> None:
    inputs = torch.arange(3.0)
    assert ran(lambda x: 2 * x, inputs)[0].tolist() == [0, 2, 4]
    doubled, negative = ran(lambda x: (2 * x, -x), inputs)
    assert (doubled.tolist(), negative.tolist()) == ([0, 2, 4], [0, -1, -2])


def test_eager_networks_answer_like_their_modules() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
    module(torch.rand(8, 3, 9, 9))  # statistics that are not those of a fresh module
    module.eval()
    networks = eager({"some": Graph(module, {"pictures": torch.zeros(2, 3, 9, 9)}, ("maps",))})
    pictures = torch.rand(1, 3, 9, 9)
    with torch.inference_mode():
        (maps,) = networks["some"](pictures)
        torch.testing.assert_close(maps, module(pictures))
