"""The UNets, scSE and the attention network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from awry.errors import MissingError
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.unet import SCSE, AttentionNetwork, UNet, averaged_to, make_unet

CONFIG = MTLAConfig(filters=3, stages=3)


@pytest.mark.parametrize("name", ["resnet34", "resnet18", "vgg16", "small"])
@pytest.mark.parametrize(("colours", "frames"), [(1, 1), (1, 2), (3, 1), (3, 2)])
def test_every_encoder_takes_any_size(name: str, colours: int, frames: int) -> None:
    unet = make_unet(name, colours, frames, 4, CONFIG).eval()
    with torch.inference_mode():
        found = unet(torch.rand(1, colours * frames, 45, 70))
    assert found.shape == (1, 4, 45, 70)


def test_padding_does_not_reach_into_the_picture_beyond_what_the_border_can_see() -> None:
    torch.manual_seed(0)
    unet = make_unet("small", 1, 1, 1, CONFIG).eval()
    picture = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        whole, cut = unet(picture), unet(picture[:, :, :, :62])
    torch.testing.assert_close(whole[..., :16], cut[..., :16], atol=1e-4, rtol=1e-4)


def test_scse_is_as_written() -> None:
    torch.manual_seed(0)
    module, x = SCSE(4), torch.randn(2, 4, 5, 6)
    squeeze, _, excite = (module.channel[n] for n in (1, 2, 3))
    pooled = x.mean((2, 3))
    weights = (squeeze.weight.flatten(1), excite.weight.flatten(1))
    inner = (pooled @ weights[0].T + squeeze.bias).relu()
    channel = (inner @ weights[1].T + excite.bias).sigmoid()[:, :, None, None]
    spatial = module.spatial[0]
    place = (torch.einsum("nchw,c->nhw", x, spatial.weight.flatten()) + spatial.bias).sigmoid()
    torch.testing.assert_close(module(x), x * channel + x * place[:, None])


def constant(module: nn.Module, value: float) -> None:
    for parameter in module.parameters():
        nn.init.constant_(parameter, value)


def test_scse_and_attention_golden() -> None:
    x = torch.arange(32.0).reshape(1, 2, 4, 4) / 32
    scse = SCSE(2)
    constant(scse, 0.5)
    assert float(scse(x).detach().sum()) == pytest.approx(22.708, abs=0.001)
    attention = AttentionNetwork(2)
    constant(attention, 0.01)
    found = attention(x).detach()
    assert found.shape == (1, 1, 4, 4)
    assert float(found.sum()) == pytest.approx(16.819, abs=0.001)


def test_attention_starts_near_one_and_stays_between_zero_and_two() -> None:
    torch.manual_seed(0)
    found = AttentionNetwork(3)(torch.rand(2, 3, 8, 8)).detach()
    assert float((found - 1).abs().max()) < 0.3
    assert 0 < float(AttentionNetwork(1)(torch.full((1, 1, 4, 4), 1e4)).detach().max()) <= 2


def unet_with(attention: str) -> UNet:
    torch.manual_seed(0)
    return make_unet("small", 1, 1, 1, CONFIG, attention=attention).eval()


@pytest.mark.parametrize("attention", ["encoder", "decoder", "skip", "final"])
def test_the_map_is_multiplied_where_it_is_said(attention: str) -> None:
    unet, plain = unet_with(attention), unet_with("none")
    x, ones = torch.rand(1, 1, 16, 16), torch.ones(1, 1, 16, 16)
    with torch.inference_mode():
        torch.testing.assert_close(unet(x, ones), plain(x))
        torch.testing.assert_close(unet(x, None), plain(x))
        torch.testing.assert_close(plain(x, ones * 0), plain(x))
        assert not torch.allclose(unet(x, ones * 1.5), plain(x))


def test_at_the_final_layer_the_map_scales_what_goes_into_the_last_convolution() -> None:
    unet = unet_with("final")
    x, factors = torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16)
    with torch.inference_mode():
        bias = unet.out.bias.reshape(1, 1, 1, 1)  # type: ignore[union-attr]
        plain = unet(x, torch.ones_like(factors)) - bias
        torch.testing.assert_close(unet(x, factors), plain * factors + bias)


def test_scse_stands_behind_the_named_stages_and_others_do_not_matter() -> None:
    unet = make_unet("small", 1, 1, 1, CONFIG, scse=(2, 3, 9))
    assert sorted(unet.scse) == ["2", "3"]


def test_a_first_convolution_for_more_pictures_keeps_what_it_knew() -> None:
    torch.manual_seed(0)
    for colours in (1, 3):
        torch.manual_seed(0)
        one = make_unet("resnet18", colours, 1, 1, CONFIG).eval()
        torch.manual_seed(0)
        two = make_unet("resnet18", colours, 2, 1, CONFIG).eval()
        x = torch.rand(1, colours, 32, 32)
        with torch.inference_mode():
            first: Any = one.stages[0](x)
            torch.testing.assert_close(first, two.stages[0](torch.cat([x, x], 1)))


def test_weights_that_cannot_be_fetched_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr("torchvision.models.get_model", fail)
    with pytest.raises(MissingError, match=r"resnet34 could not be fetched.*pretrained=false"):
        make_unet("resnet34", 3, 1, 1, CONFIG, pretrained=True)


@pytest.mark.parametrize("frames", [1, 2])
def test_each_colour_of_each_frame_is_normalised_by_its_own_mean_and_deviation(frames: int) -> None:
    config = CONFIG.model_copy(update={"normalisation": "channels"})
    shared, own = (make_unet("small", 3, frames, 2, one).eval() for one in (CONFIG, config))
    means = torch.tensor((0.485, 0.456, 0.406) * frames)[None, :, None, None]
    deviations = torch.tensor((0.229, 0.224, 0.225) * frames)[None, :, None, None]
    x = torch.rand(1, 3 * frames, 16, 16)
    torch.testing.assert_close(seen_by_the_first_stage(own, x), (x - means) / deviations)
    torch.testing.assert_close(seen_by_the_first_stage(shared, x), (x - 0.449) / 0.226)
    assert own.state_dict().keys() == shared.state_dict().keys()


def seen_by_the_first_stage(unet: UNet, x: torch.Tensor) -> torch.Tensor:
    seen: list[torch.Tensor] = []
    with unet.stages[0].register_forward_pre_hook(lambda _, inputs: seen.extend(inputs)):
        unet(x)
    return seen[0]


def test_one_grey_channel_is_normalised_by_what_the_colours_have_together() -> None:
    config = CONFIG.model_copy(update={"normalisation": "channels"})
    assert not make_unet("small", 1, 2, 1, config).by_channel


@pytest.mark.parametrize("size", [(4, 4), (8, 24), (5, 7), (32, 48)])
def test_maps_are_averaged_alike_whether_results_must_repeat_or_not(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    maps = torch.rand(2, 1, 32, 48)
    plain = averaged_to(maps, size)
    torch.use_deterministic_algorithms(True)
    try:
        repeatable = averaged_to(maps, size)
    finally:
        torch.use_deterministic_algorithms(False)
    torch.testing.assert_close(repeatable, plain)
    assert plain.shape == (2, 1, *size)
