"""Bundles are whole, checked, and free of pickle."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
import torch

from awry.errors import BundleError, WriteError
from awry.training.bundle import FORMAT, check_place, read_bundle, write_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle"
    write_bundle(path, {"method": "x"}, {"model": {"w": torch.arange(6.0)}})
    return path


def test_round_trip(bundle: Path) -> None:
    manifest, tensors = read_bundle(bundle)
    assert manifest["method"] == "x"
    assert torch.equal(tensors["model"]["w"], torch.arange(6.0))


def test_a_bundle_is_replaced_but_nothing_else_is(bundle: Path, tmp_path: Path) -> None:
    write_bundle(bundle, {"method": "y"}, {})
    assert read_bundle(bundle)[0]["method"] == "y"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").touch()
    with pytest.raises(BundleError, match="is not a bundle; it was left alone"):
        write_bundle(tmp_path / "photos", {}, {})
    assert (tmp_path / "photos" / "holiday.jpg").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "manifest.json"])
def test_a_changed_byte_is_found(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    place = data.index(b'"x"') + 1 if name == "manifest.json" else len(data) - 1
    data[place] ^= 1
    (bundle / name).write_bytes(data)
    with pytest.raises(BundleError, match="is not what was written"):
        read_bundle(bundle)


def test_a_missing_file_is_named(bundle: Path) -> None:
    (bundle / "model.safetensors").unlink()
    with pytest.raises(BundleError, match=r"lacks its file model\.safetensors"):
        read_bundle(bundle)


def test_a_newer_format_is_refused(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps(manifest | {"format": FORMAT + 1}))
    with pytest.raises(BundleError, match="Install a newer awry"):
        read_bundle(bundle)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "x"}'])
def test_a_damaged_manifest_is_refused(bundle: Path, text: str) -> None:
    (bundle / "manifest.json").write_text(text)
    with pytest.raises(BundleError, match="is damaged"):
        read_bundle(bundle)


def test_no_bundle_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="awry fit"):
        read_bundle(tmp_path)


def test_a_file_outside_the_bundle_is_not_read(bundle: Path, tmp_path: Path) -> None:
    """Even where the manifest's own hash was made to fit."""
    (tmp_path / "other.safetensors").write_bytes((bundle / "model.safetensors").read_bytes())
    from awry.training.bundle import _digest

    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest.pop("manifest_sha256")
    manifest["files"] = {"../other.safetensors": manifest["files"]["model.safetensors"]}
    manifest["manifest_sha256"] = _digest(manifest)
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="lacks its file"):
        read_bundle(bundle)


def test_a_full_disk_leaves_no_half_bundle(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (bundle / "manifest.json").read_bytes()

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(WriteError, match="No space left on device"):
        write_bundle(bundle, {"method": "z"}, {"model": {"w": torch.zeros(2)}})
    monkeypatch.undo()
    assert (bundle / "manifest.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_sifted_run_is_told_from_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(BundleError, match=r"is a sifted run.*awry fit sdor"):
        read_bundle(tmp_path)


def test_a_place_where_nothing_may_be_written_is_refused_before_the_work(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = {bundle: False, bundle.parent: True}  # a bundle is replaced by its parent
    monkeypatch.setattr("os.access", lambda path, _: may[Path(path)])
    check_place(bundle)
    may[bundle.parent] = False
    for place in (bundle, bundle.parent / "new" / "deep"):
        with pytest.raises(WriteError, match=r"is read-only\. Choose another --out"):
            check_place(place)
