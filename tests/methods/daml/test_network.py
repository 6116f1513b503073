"""The appearance networks have the paper's shapes, and the decoder its skips from elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.network import DAMLModel, Encoder, FrameDecoder, widths


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
    plain = FrameDecoder(1, [2, 4], 0.3, 1e-5).eval()
    for output, bound in (("tanh", torch.tanh), ("sigmoid", torch.sigmoid)):
        bounded = FrameDecoder(1, [2, 4], 0.3, 1e-5, output=output).eval()
        bounded.load_state_dict(plain.state_dict())
        torch.testing.assert_close(
            bounded(features[-1], features), bound(plain(features[-1], features))
        )
    assert plain(features[-1], features).abs().max() > 1


def test_tanh_of_the_published_code_is_the_codes_and_the_motion_models_last(
    make_model: Any,
) -> None:
    plain, bounded = make_model(), make_model(code_tanh=True)
    bounded.load_state_dict(plain.state_dict())
    ends = [layer for layer in bounded.modules() if isinstance(layer, nn.Tanh)]
    assert ends == [bounded.encoder.blocks[-1][-1], bounded.motion.layers[-1].activation]
    frames = torch.randn(1, 3, 16, 24)
    with torch.no_grad():
        ours, theirs = plain.encode(frames), bounded.encode(frames)
        torch.testing.assert_close(ours[0], theirs[0])  # all but the code are as before
        before = torch.where(ours[-1] < 0, ours[-1] / 0.3, ours[-1])  # LeakyReLU undone
        torch.testing.assert_close(theirs[-1], before.tanh())
        assert bounded.motion(torch.randn(1, 4, 6, 8, 12)).abs().max() <= 1


def test_batch_normalisation_that_only_scales_and_shifts() -> None:
    """As in the published code: no statistics are taken or kept, its weights are learned."""
    torch.manual_seed(0)
    model = DAMLModel(
        DAMLConfig(
            height=16, width=24, grey=True, blocks=2, channels=3, inputs=4, motion_layers=2,
            temporal_kernel=2, batch_statistics=False,
        ),
        (),
    ).train()  # fmt: skip
    assert model.encoder.training
    frames = torch.randn(6, 1, 16, 24) + 3
    learned = model.encode(frames)[-1]
    block = model.encoder.blocks[0]
    norm = block[1]
    assert isinstance(norm, nn.BatchNorm2d)
    scaled = block[0](frames) * norm.weight[:, None, None] + norm.bias[:, None, None]
    torch.testing.assert_close(norm(block[0](frames)), scaled / (1 + 1e-5) ** 0.5)
    learned.square().sum().backward()
    assert norm.weight.grad is not None
    assert norm.running_mean is not None
    assert norm.running_mean.eq(0).all()
    torch.testing.assert_close(model.eval().encode(frames)[-1], learned)


def test_glorots_weights() -> None:
    torch.manual_seed(0)
    shape = {"height": 16, "width": 24, "grey": True, "blocks": 2, "channels": 32, "inputs": 4}
    model = DAMLModel(DAMLConfig(**shape, motion_layers=2, initial="glorot"), ())
    for name, part in model.named_modules():
        if isinstance(part, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d):
            size = part.weight[0, 0].numel()
            bound = (6 / (size * (part.in_channels + part.out_channels))) ** 0.5
            assert 0.9 * bound < part.weight.abs().max() <= bound, name
            assert part.bias is None or part.bias.eq(0).all()


def test_moving_digits_of_the_published_code(make_model: Any) -> None:
    """No skips, a code pooled once more, channels of the decoder that are not the encoder's."""
    model = make_model(
        height=32, width=32, grey=True, blocks=3, max_channels=6, last_pool=True, skips="none",
        decoder_channels=2, output="sigmoid", subtract_mean=False,
    )  # fmt: skip
    frames = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        features = model.encode(frames)
        assert features[-1].shape == (2, 6, 4, 4)
        pooled = features[-2].reshape(2, 6, 4, 2, 4, 2).amax((3, 5))
        torch.testing.assert_close(features[-1], pooled)
        guess = model.decode(features[-1], features)
        others = [torch.randn_like(feature) for feature in features]
        assert torch.equal(model.decode(features[-1], others), guess)
    assert guess.shape == frames.shape
    assert 0 < guess.min() < guess.max() < 1
    assert [up.out_channels for up in model.decoder.up] == [8, 4, 2]
    assert [block[0].in_channels for block in model.decoder.blocks] == [8, 4, 2]


def test_the_published_codes_decoder_has_half_the_channels() -> None:
    decoder = FrameDecoder(1, [64, 128, 256, 512], 0.3, 1e-3, finest=32)
    assert [(up.in_channels, up.out_channels) for up in decoder.up] == [
        (512, 128),
        (128, 64),
        (64, 32),
    ]
    assert [block[0].in_channels for block in decoder.blocks] == [128 + 256, 64 + 128, 32 + 64]
