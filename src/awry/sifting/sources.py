"""`awry sift`: an archive to a ranking, with a page of its strangest moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.markup import escape

from awry.datasets import open_dataset
from awry.datasets.base import Clip, Dataset, name_in_test, name_in_training
from awry.errors import ConfigError, DatasetError, SourceError, nearest
from awry.sifting import Run, SiftOptions, sift
from awry.sifting.ranking_output import event_facts, write_events, write_page
from awry.terminal import BarReporter, Console, Table
from awry.video.address import safe
from awry.video.open import find_sources


@dataclass(frozen=True, slots=True)
class Given:
    """What is sifted, before anything of it is read.

    Attributes:
        clips: by unique names.
        about: where they come from, so that a run can open them again.
        failed: what was not found, one sentence each.
        variant: the data set's variant; empty where there is none.
        ignore: the data set's own ignored regions.
        places: for each clip its file or folder; empty for a data set, which knows its scenes.
    """

    clips: tuple[Clip, ...]
    about: dict[str, Any]
    failed: tuple[str, ...] = ()
    variant: str = ""
    ignore: tuple[str, ...] = ()
    places: tuple[Path, ...] = ()


def given_sources(sources: Sequence[str], fps: float | None) -> Given:
    """Videos and folders; streams and cameras are refused.

    Raises:
        SourceError: nothing was found.
    """
    named: dict[str, Clip] = {}
    places: list[Path] = []
    failed, notes = [], list[str]()
    for what in sources:
        try:
            listed = find_sources(what, fps=fps)
        except SourceError as error:
            failed.append(str(error))
            continue
        found = listed.sources
        failed += listed.failed
        notes += listed.notes
        if not Path(what).exists():
            failed.append(f"{found[0].name} is a stream or a camera, without an end: record it.")
            continue
        for one in found:
            name, count = one.name, 1
            while name in named:
                count += 1
                name = f"{one.name}-{count}"
            named[name] = Clip(name, one.open)
            places.append(Path(one.where))
    if not named:
        raise SourceError("There is nothing to sift. " + " ".join(failed))
    # Never a refused address: it may hold a password.
    kept = [what for what in sources if Path(what).exists() or safe(what) == what]
    about = {
        "sources": [str(Path(what).resolve()) for what in kept],
        "fps": fps,
        "notes": notes,
    }
    return Given(tuple(named.values()), about, tuple(failed), places=tuple(places))


def given_dataset(
    root: Path | None, layout: str | None, scene: str | None, fps: float | None
) -> Given:
    """A data set's training and test clips together, of one scene or all.

    Training clips come as `train/NAME` and test clips as `test/NAME`.

    Raises:
        DatasetError: it cannot be read, there are no clips, or none of that scene.
    """
    found = merged(open_dataset(root, format=layout, fps=fps), scene)
    return replace(found, about={**found.about, "fps": fps})


def merged(data: Dataset, scene: str | None = None) -> Given:
    """As `given_dataset`, of a data set that is open already."""
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
    return Given(chosen, about, tuple(data.failed), data.variant, tuple(data.ignore))


def given_again(run: Run) -> Given:
    """What a run was made of.

    Raises:
        AwryError: it is not there any more.
    """
    about = run.facts["about"]
    if "sources" in about:
        given = given_sources(about["sources"], about.get("fps"))
        scenes = {clip.name: clip.scene for clip in run.clips}
        return replace(
            given,
            clips=tuple(
                replace(clip, scene=scenes.get(clip.name, clip.scene)) for clip in given.clips
            ),
        )
    if "format" not in about:
        raise ConfigError(f"{run.folder} does not say which videos it was made of.")
    root = None if about.get("data") is None else Path(about["data"])
    return given_dataset(root, about["format"], about.get("scene"), about.get("fps"))


def chosen_ignore(own: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """The data set's own ignored regions and those that were given; `none` leaves out its own.

    Raises:
        ConfigError: `none` beside other regions.
    """
    if "none" not in given:
        return (*own, *given)
    if len(given) > 1:
        raise ConfigError("--ignore none stands alone: pictures as they are.")
    return ()


def run_sift(given: Given, out: Path, options: SiftOptions, console: Console) -> dict[str, Any]:
    """Sift, and write events and the page; as `awry.sifting.sift`.

    Returns:
        A summary for `--json`.

    Raises:
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    options = replace(options, ignore=chosen_ignore(given.ignore, options.ignore))
    with BarReporter(console) as reporter:
        try:
            run = sift(
                given.clips,
                out,
                options,
                reporter,
                variant=given.variant,
                about=given.about,
                places=given.places,
            )
        except KeyboardInterrupt as error:
            hint = "the same command with --resume goes on from there"
            raise KeyboardInterrupt(f"{str(error) or 'stopped'}; {hint}.") from error
        reporter.message("looking up the strangest moments")
        events = run.events()
        write_events(run, events)
        page = write_page(run, events, {clip.name: clip for clip in given.clips})
    lost = [f"{clip.name}: {note}" for clip in run.clips for note in clip.notes]
    return {
        "run": str(out),
        "frames": sum(len(clip.indices) for clip in run.clips),
        "clips": len(run.clips),
        "seconds": run.facts["seconds"],
        "events": [event_facts(run, event) for event in events],
        "page": str(page),
        "notes": [*given.about.get("notes", ()), *run.facts["notes"]],
        "failed": [*given.failed, *run.facts["failed"], *lost],
    }


def show_sift(summary: dict[str, Any]) -> None:
    """Print the strangest moments, and where everything is."""
    printer = Console()
    table = Table("", "clip", "frames", "seconds", "peak", "score", title="strangest moments")
    for number, event in enumerate(summary["events"][:10], 1):
        known = event["start_s"] is not None
        seconds = f"{event['start_s']:.1f}-{event['end_s']:.1f}" if known else "-"
        frames = f"{event['first']}-{event['last']}"
        row = (str(number), escape(event["source"]), frames, seconds, str(event["peak"]))
        table.add_row(*row, f"{event['score']:.4g}")
    printer.print(table if summary["events"] else "nothing stands out")
    sentences = [
        *summary["notes"],
        f"{summary['frames']} frames of {summary['clips']} clips ranked in "
        f"{summary['seconds']:.0f} s: {summary['run']}",
        f"Look at them in {summary['page']}, or mark them: awry review {summary['run']}",
    ]
    for sentence in sentences:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
