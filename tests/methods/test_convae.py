from __future__ import annotations

import torch

from awry.methods.convae import ConvAE, ConvAENetwork


def test_the_papers_sizes() -> None:
    """Feature maps of 55, 27 and 13 pixels out of 227 (Hasan et al., section 3.2)."""
    network = ConvAENetwork(2, 1)
    seen: list[tuple[int, ...]] = []
    for layer in network.down:
        layer.register_forward_hook(lambda _, __, output: seen.append(tuple(output.shape[1:])))
    frames = torch.rand(1, 2, 1, 227, 227)
    assert network(frames).shape == frames.shape
    assert seen == [(4, 55, 55), (2, 27, 27), (1, 13, 13)]
    config = ConvAE.configure("paper")
    assert (config.height, config.width, config.frames, config.grey) == (227, 227, 10, True)  # type: ignore[attr-defined]
    assert ConvAENetwork(10, config.channels).down[0].out_channels == 512  # type: ignore[attr-defined]


def test_any_size_is_given_back() -> None:
    network = ConvAENetwork(6, 2)
    frames = torch.rand(2, 2, 3, 33, 50)
    assert network(frames).shape == frames.shape
    for size in ((16, 16), (16, 40), (20, 64)):  # the smallest sides that the settings take
        small = torch.rand(1, 2, 3, *size)
        assert network(small).shape == small.shape


def test_the_loss_by_hand() -> None:
    method = ConvAE(ConvAE.configure("tiny"))
    windows = torch.rand(2, 4, 1, 8, 8)
    losses = method.losses(lambda frames: frames + 0.5, windows)
    assert losses["total"].item() == torch.tensor(0.25).item()


def test_the_papers_optimiser() -> None:
    weights = [torch.nn.Parameter(torch.zeros(1))]
    optimiser = ConvAE(ConvAE.configure("paper")).optimizer(weights)
    assert isinstance(optimiser, torch.optim.Adagrad)
    assert isinstance(ConvAE(ConvAE.configure("cpu")).optimizer(weights), torch.optim.Adam)


def test_the_last_rows_and_columns_are_learned_like_all_others() -> None:
    torch.manual_seed(0)
    network = ConvAENetwork(2, 2)
    dark, bright = (network(torch.full((1, 2, 1, 34, 49), level)) for level in (0.0, 1.0))
    seen = (dark - bright).abs()
    assert seen.mean((0, 1, 2, 4)).min() > 1e-4  # of each row
    assert seen.mean((0, 1, 2, 3)).min() > 1e-4  # of each column
