"""A network as the Hugging Face hub has it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from awry.teachers.objects.coco import COCO_80


@pytest.fixture(scope="session")
def rt_detr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny RT-DETRv2 with random weights, saved as the hub would have it."""
    pytest.importorskip("transformers", reason="needs transformers (pip install 'awry[hf]')")
    from transformers import (
        RTDetrImageProcessor,
        RTDetrResNetConfig,
        RTDetrV2Config,
        RTDetrV2ForObjectDetection,
    )

    backbone = RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
        out_indices=[2, 3, 4],
    )
    config = RTDetrV2Config(
        backbone_config=backbone,
        encoder_in_channels=[8, 16, 16],
        encoder_hidden_dim=16,
        encoder_ffn_dim=16,
        encoder_attention_heads=2,
        decoder_in_channels=[16, 16, 16],
        d_model=16,
        decoder_ffn_dim=16,
        decoder_attention_heads=2,
        decoder_layers=2,
        num_queries=12,
        num_denoising=0,
        id2label=dict(enumerate(COCO_80)),
        label2id={name: place for place, name in enumerate(COCO_80)},
    )
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("rt-detr")
    RTDetrV2ForObjectDetection(config).save_pretrained(folder)
    RTDetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder
