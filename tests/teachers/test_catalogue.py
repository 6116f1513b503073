"""What is known of ready-made weights."""

from __future__ import annotations

import re

import pytest

from awry.errors import ConfigError
from awry.teachers.catalogue import STAND_INS, UNKNOWN, YOLOV3_SHA256, facts_of


@pytest.mark.parametrize(
    ("what", "digits", "file"),
    [
        ("torchvision:resnet50@IMAGENET1K_V1", "0676ba61", "resnet50-0676ba61.pth"),
        ("torchvision:resnet50", "11ad3fa6", "resnet50-11ad3fa6.pth"),
        (
            "torchvision:maskrcnn_resnet50_fpn",
            "bf2d0c1e",
            "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
        ),
        ("torchvision:raft_large", "ff5fadd5", "raft_large_C_T_SKHT_V2-ff5fadd5.pth"),
    ],
)
def test_torchvision_says_it_itself(what: str, digits: str, file: str) -> None:
    facts = facts_of(what)
    assert (facts.sha256, facts.file, facts.sha256_by) == (digits, file, "the file's name")
    assert facts.source == f"https://download.pytorch.org/models/{file}"
    assert (facts.code_licence, facts.weights_licence) == ("BSD-3-Clause", UNKNOWN)
    assert facts.size is not None
    assert 20e6 < facts.size < 200e6


def test_yolov3_is_made_of_the_published_file() -> None:
    published, made = facts_of("darknet:yolov3.weights"), facts_of("onnx:yolov3.onnx")
    assert (published.sha256, published.size) == (YOLOV3_SHA256, 248_007_048)
    assert made.sha256 is None
    assert "awry weights yolov3 --cfg yolov3.cfg --weights yolov3.weights" in made.how


def test_hashes_are_whole_or_begin_one() -> None:
    for what in STAND_INS:
        facts = facts_of(what)
        assert facts.what == what
        assert re.fullmatch(r"[0-9a-f]{8}|[0-9a-f]{64}|", facts.sha256 or "")
        assert bool(facts.sha256_by) == (facts.sha256 is not None or what.startswith("hf:"))
        assert facts.source.startswith("https://")


def test_what_nobody_knows() -> None:
    own = facts_of("onnx:street/mine.onnx")
    assert (own.source, own.sha256, own.weights_licence) == ("a file of your own", None, UNKNOWN)
    assert facts_of("hf:somebody/model").weights_licence == UNKNOWN
    assert facts_of("added:thing").about == "of another package"
    for name in ("resnet51", "resnet50@V9"):
        with pytest.raises(ConfigError, match=f"torchvision has no weights for torchvision:{name}"):
            facts_of(f"torchvision:{name}")
