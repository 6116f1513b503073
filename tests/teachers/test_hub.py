from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import torch

from awry.errors import MissingError
from awry.teachers.objects import load_detector


def test_hugging_face_reads_no_pickles(rt_detr: Path, tmp_path: Path) -> None:
    """A repository whose weights are a pickle could run anything; it is refused unread."""
    folder = shutil.copytree(rt_detr, tmp_path / "pickled")
    weights = folder / "model.safetensors"
    weights.unlink()
    torch.save({"x": Bomb(tmp_path / "exploded")}, folder / "pytorch_model.bin")
    with pytest.raises(MissingError, match="weights in safetensors"):
        load_detector(f"hf:{folder}")
    assert not (tmp_path / "exploded").exists()


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_hugging_face_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingError, match=r"pip install 'awry\[hf\]'"):
        load_detector("hf:somebody/something")
