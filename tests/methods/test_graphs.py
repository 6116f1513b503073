from __future__ import annotations

import torch
from torch import nn

from awry.devices import Compute
from awry.methods.graphs import Graph, eager, ran, resident
from fake_devices import fake_card


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


def test_what_a_resident_network_answers_stays_on_the_card() -> None:
    graphs = {"some": Graph(nn.Linear(3, 2).eval(), {"rows": torch.zeros(2, 3)}, ("rows",))}
    with fake_card("bf16") as card, torch.inference_mode():
        (fetched,) = eager(graphs, card)["some"](torch.rand(1, 3))
        (there,) = resident(graphs, card)["some"](torch.rand(1, 3))
    assert (fetched.device.type, there.device.type) == ("cpu", "cuda")
    assert fetched.dtype == there.dtype == torch.float32


def test_16_bits_on_the_processor_come_out_as_floats() -> None:
    torch.manual_seed(0)
    module = nn.Linear(8, 4).eval()
    graphs = {"some": Graph(module, {"rows": torch.zeros(2, 8)}, ("rows",))}
    rows = torch.rand(5, 8)
    with torch.inference_mode():
        for make in (eager, resident):
            (short,) = make(graphs, Compute("cpu", "bf16"))["some"](rows)
            assert short.dtype == torch.float32
            assert not torch.equal(short, module(rows))
            torch.testing.assert_close(short, module(rows), rtol=0.02, atol=0.02)
