"""What is sifted: videos and folders, or both parts of a data set."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from awry.datasets import open_dataset
from awry.datasets.base import Clip, Dataset, name_in_test, name_in_training
from awry.errors import ConfigError, DatasetError, SourceError, nearest
from awry.sifting.run import SiftedRun
from awry.video.address import safe
from awry.video.open import find_sources


@dataclass(frozen=True, slots=True)
class ArchiveSource:
    """What is sifted, before anything of it is read.

    Attributes:
        clips: by unique names.
        about: where they come from, so that a run can open them again.
        not_found: what was not found, one sentence each.
        variant: the data set's variant; empty where there is none.
        ignore: the data set's own ignored regions.
        files: for each clip its file or folder; empty for a data set, which knows its scenes.
    """

    clips: tuple[Clip, ...]
    about: dict[str, Any]
    not_found: tuple[str, ...] = ()
    variant: str = ""
    ignore: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def open_videos(sources: Sequence[str], fps: float | None) -> ArchiveSource:
    """Videos and folders; streams and cameras are refused.

    Raises:
        SourceError: nothing was found.
    """
    named: dict[str, Clip] = {}
    files: list[Path] = []
    not_found, notes = [], list[str]()
    for spec in sources:
        try:
            listed = find_sources(spec, fps=fps)
        except SourceError as error:
            not_found.append(str(error))
            continue
        not_found += listed.failed
        notes += listed.notes
        if not Path(spec).exists():
            name = listed.sources[0].name
            not_found.append(f"{name} is a stream or a camera, without an end: record it.")
            continue
        for source in listed.sources:
            name = _unused_name(source.name, named)
            named[name] = Clip(name, source.open)
            files.append(Path(source.where))
    if not named:
        raise SourceError("There is nothing to sift. " + " ".join(not_found))
    # Never a refused address: it may hold a password.
    kept = [spec for spec in sources if Path(spec).exists() or safe(spec) == spec]
    about = {
        "sources": [str(Path(spec).resolve()) for spec in kept],
        "fps": fps,
        "notes": notes,
    }
    return ArchiveSource(tuple(named.values()), about, tuple(not_found), files=tuple(files))


def _unused_name(name: str, taken: Container[str]) -> str:
    unused, count = name, 1
    while unused in taken:
        count += 1
        unused = f"{name}-{count}"
    return unused


def open_merged(
    root: Path | None, layout: str | None, scene: str | None, fps: float | None
) -> ArchiveSource:
    """A data set's training and test clips together, of one scene or all.

    Training clips come as `train/NAME` and test clips as `test/NAME`.

    Raises:
        DatasetError: it cannot be read, there are no clips, or none of that scene.
    """
    source = merge_parts(open_dataset(root, format=layout, fps=fps), scene)
    return replace(source, about={**source.about, "fps": fps})


def merge_parts(data: Dataset, scene: str | None = None) -> ArchiveSource:
    """As `open_merged`, of a data set that is open already."""
    both = [
        *(replace(clip, name=name_in_training(clip.name)) for clip in data.train),
        *(replace(clip, name=name_in_test(clip.name)) for clip in data.test),
    ]
    scenes = {clip.scene for clip in both}
    if scene is not None and scene not in scenes:
        raise DatasetError(f"There is no scene '{scene}': {nearest(scene, scenes)}.")
    chosen = tuple(clip for clip in both if scene in (None, clip.scene))
    if not chosen:
        raise DatasetError(f"There are no clips in {data.root or data.name} to sift.")
    about = {
        "data": None if data.root is None else str(data.root.resolve()),
        "format": data.name,
        "scene": scene,
        "fps": None,
        "notes": list(data.notes),
    }
    return ArchiveSource(chosen, about, tuple(data.failed), data.variant, tuple(data.ignore))


def reopen(run: SiftedRun) -> ArchiveSource:
    """What a run was made of.

    Raises:
        AwryError: it is not there any more.
    """
    about = run.facts["about"]
    if "sources" in about:
        videos = open_videos(about["sources"], about.get("fps"))
        scenes = {clip.name: clip.scene for clip in run.clips}
        clips = (replace(clip, scene=scenes.get(clip.name, clip.scene)) for clip in videos.clips)
        return replace(videos, clips=tuple(clips))
    if "format" not in about:
        raise ConfigError(f"{run.folder} does not say which videos it was made of.")
    root = None if about.get("data") is None else Path(about["data"])
    return open_merged(root, about["format"], about.get("scene"), about.get("fps"))


def ignored_regions(own: Sequence[str], asked: Sequence[str]) -> tuple[str, ...]:
    """The data set's own ignored regions and those that were given; `none` leaves out its own.

    Raises:
        ConfigError: `none` beside other regions.
    """
    if "none" not in asked:
        return (*own, *asked)
    if len(asked) > 1:
        raise ConfigError("--ignore none stands alone: pictures as they are.")
    return ()
