"""What `awry weights` prints."""

from __future__ import annotations

from pathlib import Path

import pytest

import awry as api
from awry.cli.weights import show_converted, show_weights
from awry.exporting.convert import ConvertedWeights, FoundObject
from awry.teachers.catalogue import facts_of
from awry.teachers.presence import Presence
from awry.weight_list import ListedWeights, WantedBy, WeightList


def test_each_network_with_where_it_is_from(capsys: pytest.CaptureFixture[str]) -> None:
    by = (WantedBy("sdor", "paper", "backbone"), WantedBy("ssmtl", "paper", "classifier"))
    resnet = facts_of("torchvision:resnet50@IMAGENET1K_V1")
    listed = WeightList(
        (
            ListedWeights(resnet, Presence("missing"), by),
            ListedWeights(facts_of("pip:efficientnet-lite0"), Presence("there", "a.pth", True)),
            ListedWeights(facts_of("darknet:yolov3.weights"), Presence("differs", "y", True)),
        )
    )
    show_weights(listed)
    said = capsys.readouterr().out
    for line in (
        "torchvision:resnet50@IMAGENET1K_V1: missing",
        "  resnet50, IMAGENET1K_V1, 103 MB",
        "  wanted by sdor paper (backbone), ssmtl paper (classifier)",
        "  from https://download.pytorch.org/models/resnet50-0676ba61.pth",
        "  SHA-256 begins with 0676ba61, by the file's name",
        "  licence: code BSD-3-Clause; weights not stated",
        "  to get it: fetched on first use; needs a connection once",
        "  here: a.pth, SHA-256 as published",
        "  wanted by no preset",
        "darknet:yolov3.weights: there, but not the published file",
        "  here: y",
        "3 networks, 2 of them not here. Nothing was fetched.",
    ):
        assert line in said.splitlines()


def test_the_converted_network_and_its_boxes(capsys: pytest.CaptureFixture[str]) -> None:
    found = (FoundObject("dog", 0.987, (12.2, 30, 80.6, 99)),)
    facts = ("yolov3", Path("y.onnx"), (416, 608), 107, 75, 62001757, "ab12")
    show_converted(ConvertedWeights(*facts, published=True, difference=1.2e-5, found=found))
    said = capsys.readouterr().out
    for words in (
        "y.onnx: yolov3, 107 layers, 75 convolutions, 62001757 numbers, input 608x416.",
        "Weights: SHA-256 ab12, the published file.",
        "Largest relative difference from PyTorch: 1.2e-05.",
        "--detector onnx:y.onnx",
        "0.987",
    ):
        assert words in said
    assert "dog" in said
    show_converted(ConvertedWeights(*facts, published=False, difference=0.0))
    assert "ab12, not the published file." in capsys.readouterr().out
    show_converted(ConvertedWeights(*facts, published=False, difference=0.0, found=()))
    assert "Nothing was found in the picture" in capsys.readouterr().out


def test_converting_and_listing_have_their_own_options(awry) -> None:
    for words, error in (
        (["--cfg", "a.cfg"], "awry: --cfg is for converting: awry weights yolov3"),
        (["yolov3", "--preset", "paper"], "awry: --method and --preset belong to the list"),
        (["yolov3"], "awry: To convert yolov3, give --cfg FILE.cfg"),
        (["yolov5", "--out", "x"], "awry: No network 'yolov5' is converted"),
        (["--method", "ssmlt"], "awry: There is no method 'ssmlt'"),
    ):
        said = awry("weights", *words)
        assert said.code == 2
        assert said.err.startswith(error)
    listed = awry("weights", "--method", "ssmtl", "--json").json
    assert listed == api.list_weights(method="ssmtl").to_dict()
