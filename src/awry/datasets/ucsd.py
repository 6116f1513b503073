"""UCSD Ped1 and Ped2, original (TIF and BMP) or converted to PNG or JPEG.

Mahadevan, Li, Bhalodia, Vasconcelos: Anomaly detection in crowded scenes, CVPR 2010.

Labels are `Test/UCSDped?.m`: the k-th entry speaks of the k-th test clip, in frame numbers from 1,
both ends inclusive. Masks are `Test/TestNNN_gt/`; Ped1 has them for some clips only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.clips import ClipFinder, frame_size, has_entries, number_in, without_training
from awry.datasets.labels import (
    Labels,
    check_ranges,
    unlabelled,
)
from awry.datasets.masks import LabelsOfMasks, MaskReader, checked_masks, read_mask_images
from awry.errors import DatasetError
from awry.foreign import LARGEST_NUMBER, read_text, reading, whole_number
from awry.video.images import image_files
from awry.video.open import FoundSource

FPS = 10.0
_TRAIN = re.compile(r"Train\d+", re.IGNORECASE)
_TEST = re.compile(r"Test\d+", re.IGNORECASE)
# An open bracket ends at the next one, so that a file of open brackets is read in linear time.
_ENTRY = re.compile(r"TestVideoFile\s*\{[^{}]*\}\s*\.\s*gt_frame\s*=\s*(\[[^\[\]]*\]|[^;\s]+)")
_RANGE = re.compile(r"([\d.]+)(?::([\d.]+))?")
_VARIANT_BY_SIZE = {(158, 238): "ped1", (240, 360): "ped2"}

FrameRange = tuple[int, int]
"""Frame numbers as the label file has them, both ends inclusive."""


def _recognises(root: Path) -> bool:
    return _is_one(root) or bool(_inside(root))


def _is_one(root: Path) -> bool:
    return has_entries(root / "Train", _TRAIN) or has_entries(root / "Test", _TEST)


def _inside(root: Path) -> list[Path]:
    return [path for path in (root / "UCSDped1", root / "UCSDped2") if _is_one(path)]


def _read(root: Path, fps: float | None) -> Dataset:
    if not _is_one(root):
        inside = _inside(root)
        if len(inside) > 1:
            raise DatasetError(
                f"{root} holds both UCSDped1 and UCSDped2, which are two data sets; "
                f"choose one, for example {inside[-1]}."
            )
        root = inside[0]
    fps = fps or FPS
    label_file = _label_file(root / "Test")
    finder = ClipFinder(root, fps)
    normal, test_sources = finder.clips("Train", _TRAIN), finder.clips("Test", _TEST)
    variant = _variant(root, label_file, test_sources + normal)
    train = tuple(Clip(one.name, one.open, variant) for one in normal)
    test, notes = _test_clips(root / "Test", test_sources, variant, label_file)
    notes = [*finder.notes, *without_training(train, "Train"), *notes]
    return Dataset("ucsd", variant, root, fps, train, test, (), tuple(notes), tuple(finder.failed))


def _label_file(folder: Path) -> Path | None:
    files = sorted(folder.glob("*.m")) if folder.is_dir() else []
    named = [path for path in files if path.stem.lower().startswith("ucsdped")]
    if len(named or files) > 1:
        raise DatasetError(
            f"{folder} holds several label files ({', '.join(p.name for p in named or files)}); "
            "leave the one that belongs to these clips."
        )
    return next(iter(named or files), None)


def _variant(root: Path, label_file: Path | None, found: Sequence[FoundSource]) -> str:
    names = [root.resolve().name.lower(), label_file.stem.lower() if label_file else ""]
    for name in names:
        for variant in ("ped1", "ped2"):
            if variant in name:
                return variant
    return _VARIANT_BY_SIZE.get(frame_size(Path(found[0].where)), "ucsd") if found else "ucsd"


def _test_clips(
    folder: Path, found: Sequence[FoundSource], scene: str, label_file: Path | None
) -> tuple[tuple[Clip, ...], list[str]]:
    names = [one.name for one in found]
    entries = _entries(label_file, names) if label_file and names else {}
    clips, derived = [], []
    for one in found:
        where, masks_at = Path(one.where), folder / f"{one.name}_gt"
        masks = None
        if masks_at.is_dir() and image_files(masks_at):
            masks = MaskReader(
                partial(_masks, where, masks_at), partial(_mask_files, where, masks_at)
            )
        labels: Labels | None = None
        if label_file and one.name in entries:
            labels = partial(_labels, where, entries[one.name], label_file)
        elif masks:
            labels = LabelsOfMasks(masks)
            derived.append(one.name)
        clips.append(Clip(one.name, one.open, scene, labels, masks))
    notes = []
    if derived:
        notes.append(
            f"Without a label file (Test/UCSDped1.m or UCSDped2.m), the labels of {len(derived)} "
            "test clips are derived from their masks: a frame with any masked pixel is abnormal."
        )
    return tuple(clips), notes + unlabelled(clips, "there is neither a label file nor masks")


def _entries(label_file: Path, names: Sequence[str]) -> dict[str, list[FrameRange]]:
    """The ranges of each clip.

    Entries go with clips by order. Where clips are missing, they go by the clips' numbers.
    """
    entries = _parse(label_file)
    if len(entries) == len(names):
        return dict(zip(names, entries, strict=True))
    numbers = [number_in(name) or 0 for name in names]
    if len(entries) < len(names) or max(numbers) > len(entries) or min(numbers) < 1:
        raise DatasetError(
            f"{label_file} has entries for {len(entries)} test clips, but there are {len(names)} "
            f"({names[0]} to {names[-1]}); expected one entry for each clip."
        )
    return {name: entries[k - 1] for name, k in zip(names, numbers, strict=True)}


def _parse(label_file: Path) -> list[list[FrameRange]]:
    with reading(label_file, "labels"):
        text = read_text(label_file)
    text = "\n".join(line.partition("%")[0] for line in text.splitlines())
    entries = [_ranges(written, label_file) for written in _ENTRY.findall(text)]
    if not entries:
        raise DatasetError(
            f"{label_file} holds no labels; expected lines like "
            "'TestVideoFile{end+1}.gt_frame = [61:180];'."
        )
    return entries


def _ranges(written: str, label_file: Path) -> list[FrameRange]:
    ranges = []
    joined = re.sub(" ?: ?", ":", " ".join(written.strip("[]").replace(",", " ").split()))
    for token in joined.split():
        match = _RANGE.fullmatch(token)
        if not match:
            raise DatasetError(
                f"Cannot read '{token}' of {label_file}; expected ranges like [60:152, 160:180]."
            )
        with reading(label_file, "labels"):
            ranges.append((whole_number(match[1]), whole_number(match[2] or match[1])))
    return ranges


def _frame_numbers(files: Sequence[Path]) -> list[int]:
    """Frame numbers from 1, as the makers count; by the file names where these have numbers.

    An excerpt that starts at 041 keeps its numbers. Names that count from 0 are shifted by one.
    """
    named = [number_in(path.name) for path in files]
    numbers = [number for number in named if number is not None]
    if len(numbers) < len(files):
        return list(range(1, len(files) + 1))
    if len(set(numbers)) < len(numbers):
        twice = next(n for n in numbers if numbers.count(n) > 1)
        raise DatasetError(
            f"{files[0].parent} holds frame {twice} more than once; leave one file of each frame."
        )
    return [number + 1 for number in numbers] if min(numbers) == 0 else numbers


def _labels(folder: Path, ranges: list[FrameRange], label_file: Path) -> NDArray[np.uint8]:
    numbers = np.array(_frame_numbers(image_files(folder)))
    # An excerpt shows a part of the clip: labels may go on where its frames end.
    length = numbers.max() if numbers.min() == 1 else LARGEST_NUMBER + 1
    check_ranges([(first - 1, last - 1) for first, last in ranges], length, folder.name, label_file)
    marked = [(first <= numbers) & (numbers <= last) for first, last in ranges]
    return np.any([np.zeros(len(numbers), bool), *marked], axis=0).astype(np.uint8)


def _mask_files(folder: Path, masks_at: Path) -> list[Path]:
    """One mask for each frame, in the order of the frames."""
    files, frames = image_files(masks_at), image_files(folder)
    by_number = dict(zip(_frame_numbers(files), files, strict=True))
    numbers = _frame_numbers(frames)
    if set(by_number) != set(numbers):
        raise DatasetError(
            f"The masks of {folder.name} in {masks_at} do not fit: {len(files)} masks "
            f"({min(by_number)} to {max(by_number)}) for {len(frames)} frames "
            f"({min(numbers)} to {max(numbers)})."
        )
    return [by_number[number] for number in numbers]


def _masks(folder: Path, masks_at: Path) -> NDArray[np.bool_]:
    files = _mask_files(folder, masks_at)
    masks = read_mask_images(files, folder.name)
    return checked_masks(masks, len(files), frame_size(folder), folder.name, masks_at)


LAYOUT = Layout(
    LayoutInfo(
        name="ucsd",
        title="UCSD Ped1 and Ped2",
        how_to_get=(
            "UCSD_Anomaly_Dataset.tar.gz from "
            "http://www.svcl.ucsd.edu/projects/anomaly/dataset.htm; give UCSDped1 or UCSDped2."
        ),
        citation="Mahadevan et al., Anomaly detection in crowded scenes, CVPR 2010",
        sketch="""\
UCSDped2/
  Train/Train001/001.tif ...
  Test/Test001/001.tif ...
  Test/Test001_gt/001.bmp ...   masks; Ped1 has some only
  Test/UCSDped2.m               labels""",
        fps=FPS,
        looks_for="Train/TrainNNN or Test/TestNNN",
    ),
    _recognises,
    _read,
)
