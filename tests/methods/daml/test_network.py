"""The appearance networks have the paper's shapes, and the decoder its skips from elsewhere."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.network import Encoder, FrameDecoder, widths


@pytest.mark.parametrize(
    ("variant", "latent"),
    [("ped2", (512, 16, 24)), ("ped1", (1024, 8, 12)), ("avenue", (512, 16, 28))],
)
def test_latent_codes_of_the_paper(variant: str, latent: tuple[int, int, int]) -> None:
    from awry.methods.daml import DAML

    config = DAML.configure("paper", variant=variant)
    assert isinstance(config, DAMLConfig)
    channels = widths(config.blocks, config.channels, config.max_channels)
    colours = 1 if config.grey else 3
    with torch.device("meta"):  # shapes alone: nothing is computed
        encoder = Encoder(colours, channels, 0.3, 1e-5)
        decoder = FrameDecoder(colours, channels, 0.3, 1e-5)
        frames = torch.zeros(2, colours, config.height, config.width or 0)
        features = encoder(frames)
        assert features[-1].shape[1:] == latent
        assert features[0].shape[2:] == frames.shape[2:]
        assert decoder(features[-1], features).shape == frames.shape


@pytest.mark.parametrize("blocks", [2, 4, 5])
def test_widths_double_up_to_a_cap(blocks: int) -> None:
    assert widths(blocks, 300, 1024) == [300, 600, 1024, 1024, 1024][:blocks]


@pytest.mark.parametrize("blocks", [4, 5])
def test_pooling_stands_between_blocks_and_not_after_the_last(blocks: int) -> None:
    encoder = Encoder(1, widths(blocks, 2, 64), 0.3, 1e-5).eval()
    frames = torch.randn(1, 1, 32, 48)
    features = encoder(frames)
    assert [tuple(f.shape[2:]) for f in features] == [
        (32 // 2**block, 48 // 2**block) for block in range(blocks)
    ]
    # Each block takes the maximum of the block before; the last one's output is the code itself.
    expected = frames
    for number, block in enumerate(encoder.blocks):
        if number:
            rows, columns = expected.shape[2] // 2, expected.shape[3] // 2
            expected = expected.reshape(1, -1, rows, 2, columns, 2).amax((3, 5))
        expected = block(expected)
        torch.testing.assert_close(features[number], expected)


def test_a_block_is_two_convolutions_with_normalisation_and_leaky_relu() -> None:
    block = Encoder(3, [4, 8], 0.3, 1e-3).blocks[1]
    kinds = [type(layer) for layer in block]
    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU] * 2
    assert [(c.in_channels, c.out_channels) for c in (block[0], block[3])] == [(4, 8), (8, 8)]
    assert {block[0].kernel_size, block[3].kernel_size} == {(3, 3)}
    assert (block[1].eps, block[2].negative_slope) == (1e-3, 0.3)


def test_the_decoder_takes_its_skips_from_what_it_is_given() -> None:
    torch.manual_seed(0)
    channels = widths(3, 4, 64)
    encoder, decoder = Encoder(1, channels, 0.3, 1e-5).eval(), FrameDecoder(1, channels, 0.3, 1e-5)
    decoder.eval()
    now, before = encoder(torch.randn(1, 1, 16, 16)), encoder(torch.randn(1, 1, 16, 16))
    decoded = decoder(now[-1], before)
    assert not torch.allclose(decoded, decoder(now[-1], now))
    # Of the earlier frame every level but the code is used.
    for level in range(3):
        changed = [f + 1 if number == level else f for number, f in enumerate(before)]
        assert torch.equal(decoder(now[-1], changed), decoded) == (level == 2)
    assert not torch.allclose(decoder(before[-1], before), decoded)


def test_the_decoder_goes_up_by_transposed_convolutions() -> None:
    decoder = FrameDecoder(1, [4, 8, 16], 0.3, 1e-5)
    assert [(up.in_channels, up.out_channels, up.kernel_size, up.stride) for up in decoder.up] == [
        (16, 8, (2, 2), (2, 2)),
        (8, 4, (2, 2), (2, 2)),
    ]


def test_tanh_bounds_the_last_layer_only_where_asked() -> None:
    features = [torch.full((1, 2, 8, 8), 50.0), torch.full((1, 4, 4, 4), 50.0)]
    torch.manual_seed(1)
    plain = FrameDecoder(1, [2, 4], 0.3, 1e-5, tanh=False).eval()
    bounded = FrameDecoder(1, [2, 4], 0.3, 1e-5, tanh=True).eval()
    bounded.load_state_dict(plain.state_dict())
    torch.testing.assert_close(
        bounded(features[-1], features), plain(features[-1], features).tanh()
    )
    assert plain(features[-1], features).abs().max() > 1
