from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.datasets.tracks import Tracks
from awry.errors import WriteError
from awry.evaluation.levels import evaluate_levels, with_levels
from awry.evaluation.metrics.boxes import Detections
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.report.moments import MOST_CLIP_MOMENTS
from awry.evaluation.report.page import write_report, write_strangest
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.video.overlay import Mark

EMPTY = {"meta", "link", "img", "br", "source", "rect", "path", "circle"}
NASTY = "<script>alert('x')</script> & \"co\""


class Page(HTMLParser):
    """Checks that tags close, and keeps what the tests ask for."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(path.read_text("utf-8"))
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += " ".join(data.split()) + " "

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


REASON = "Upper left: a dog moves; 2.0 times as far above normal as the threshold."


def made(number: int) -> ScoredClip:
    rng = np.random.default_rng(number)
    labels = (np.arange(50) > 20 + number).astype(np.uint8)
    image = rng.integers(0, 255, (24, 36, 3), dtype=np.uint8)
    marks = (Mark((1, 2, 10, 12), "dog 2.0x", 2.0), Mark((20, 2, 30, 9), "0.8x", 0.8))
    peaks = [
        Peak(40, 1.5, 4.0, image, image, marks, f"clip{number}", {}, REASON, own_heat=True),
        Peak(3, 0.5, None, image),
    ]
    scores = rng.normal(size=50) * 0.1 + labels
    scored = np.arange(50) > 4
    return ScoredClip(
        f"clip{number}", "scene", 10.0, scores, scored, labels, None, {"latent": scores}, peaks,
        tracks=Tracks(np.zeros(2, np.int64), np.array([30, 31]), np.array([BOX, BOX]), "by hand"),
        detections=Detections(np.array([30]), np.array([BOX]), np.array([2.0])),
        event_peaks=peaks[:1],
        normal_peaks=peaks[1:],
    )  # fmt: skip


BOX = (1.0, 2.0, 10.0, 12.0)
CLIPS = [made(0), made(1)]


def report(path: Path, clips: list[ScoredClip], **more: Any) -> Page:
    alarms = {"clip0": [(21, 49)]}
    levels = evaluate_levels(clips, alarms, "2/hour")
    metrics = evaluate_frames(
        clips,
        references={"flow": [clip.scores[::-1] for clip in clips]},
        settings={"method": "made up", "config": {"channels": 16}},
    )
    metrics = with_levels(metrics, levels)
    arguments: dict[str, Any] = {
        "title": "made up on nothing",
        "settings": metrics["settings"],
        "levels": levels,
        "thresholds": {"clip0": 0.5, "clip1": 1e9},
        "alarms": alarms,
    }
    arguments |= more
    write_report(path, {**metrics, **more.pop("metrics", {})}, clips, **{
        name: value for name, value in arguments.items() if name != "metrics"
    })  # fmt: skip
    return Page(path)


def test_the_page_needs_nothing_else_and_every_picture_has_words(tmp_path: Path) -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    page = report(
        tmp_path / "report.html",
        CLIPS,
        ignore_preview=picture,
        extra_figures=[("four in a row", picture)],
    )
    for tag, attributes in page.found:
        for name in ("src", "href", "srcset"):
            assert attributes.get(name, "data:").startswith(("data:", "#")), (tag, name)
        assert tag not in ("script", "iframe", "object")
    images = page.all("img")
    # A curve and three pictures for each clip, the ignored regions, one extra; the ROC and the
    # region curves, the missed and the found event with their heat maps, the strongest normal
    # frame of each clip.
    assert len(images) == 2 * (1 + 3) + 2 + 2 + 2 + 2 + 2
    assert all(image["alt"] for image in images)
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {link["href"][1:] for link in page.all("a")} <= set(ids)
    assert page.all("html")[0]["lang"] == "en"


def test_figures_clips_and_settings_are_shown(tmp_path: Path) -> None:
    page = report(tmp_path / "report.html", CLIPS)
    for words in (
        "100.00", "triangle over the clip", "90 of 100",
        "plain optical flow", "smoothed causally", "config.channels", "made up",
        "RBDC / TBDC", "4 true boxes on 2 tracks: by hand", "1 of 2 true events found",
        "the budget was 2/hour", "clip1, frames 22 to 49", "missed never above the threshold",
        "no alarm", "Events missed 1 of 2 the alarms' worst figure; 0 % of normal time in alarm, "
        "0 of 1 alarms false, 0 an hour; budget 2/hour",
        "The alarms, worst figure first: 1 of 2 events missed, 0 % of normal time in alarm",
        "Intervals: 95 %, bootstrap over clips", "NAB score",
        "1 alarm (21-49)", "29 abnormal (21-49)", "truly abnormal", "truly normal", "4.00 s",
    ):  # fmt: skip
        assert words in page.words, words
    # In both clips and in both events, each box with its dark rim.
    assert len([r for r in page.all("rect") if r.get("class") == "over"]) == 4
    assert len([r for r in page.all("rect") if r.get("class") == "over faint"]) == 4
    assert page.words.count("heat map on a scale of its own") == 4
    assert page.words.count("marked: dog 2.0x, 0.8x") == 4
    # The same, and in the table of events.
    assert page.words.count(REASON) == 4 + 2
    told = "Truly abnormal frames: 21-49. Alarms above 0.5: 21-49."
    assert any(told in image["alt"] for image in page.all("img"))


def test_an_endless_alarm_makes_no_good_headline(tmp_path: Path) -> None:
    alarms = {clip.name: [(0, 49)] for clip in CLIPS}
    levels = evaluate_levels(CLIPS, alarms)
    metrics = with_levels(evaluate_frames(CLIPS), levels)
    page = report(tmp_path / "r.html", CLIPS, metrics=metrics, levels=levels, alarms=alarms)
    assert "Normal time in alarm 100 % the alarms' worst figure; 2 of 2 events missed" in page.words
    lead = "The alarms, worst figure first: 100 % of normal time in alarm, 2 of 2 events missed"
    assert lead in page.words
    assert page.words.count("missed the alarm is never off in this clip") == 2
    # The alarms cover more abnormal frames than normal ones, so they count as right.
    assert page.words.count("in an alarm that counts as right, ") == 2
    levels = evaluate_levels(CLIPS, {"clip0": [(0, 12), (20, 49)]})
    metrics = with_levels(evaluate_frames(CLIPS), levels)
    page = report(tmp_path / "r.html", CLIPS, metrics=metrics, levels=levels, alarms=alarms)
    assert ", in a false alarm, 15 % of it in or beside events" in page.words
    assert ", no alarm" in page.words


def test_footage_without_labels_is_shown_without_figures(tmp_path: Path) -> None:
    page = report(tmp_path / "report.html", [replace(clip, labels=None) for clip in CLIPS])
    assert "This footage has no labels" in page.words
    assert "Micro AUC" not in page.words
    assert "truly" not in page.words
    assert "1 alarm (21-49)" in page.words
    # The strongest moments of all clips stand before the clips.
    assert len(page.all("img")) == 2 * (1 + 3) + 2 * 3
    assert "1 alarm in 1 of 2 clips." in page.words


def test_what_could_not_be_read_is_listed(tmp_path: Path) -> None:
    noted = [replace(CLIPS[0], notes=["2 frames damaged"]), CLIPS[1]]
    page = report(tmp_path / "report.html", noted, metrics={"failed": ["clip9: cannot be opened"]})
    assert "clip9: cannot be opened" in page.words
    assert "clip0: 2 frames damaged" in page.words


def test_names_cannot_smuggle_markup(tmp_path: Path) -> None:
    clips = [replace(clip, name=NASTY + clip.name, scene=NASTY) for clip in CLIPS]
    page = report(tmp_path / "report.html", clips, title=NASTY, settings={NASTY: NASTY})
    assert page.all("script") == []
    assert page.words.count(NASTY) >= 5


def test_one_class_everywhere_is_no_crash(tmp_path: Path) -> None:
    normal = [replace(clip, labels=np.zeros(50, np.uint8)) for clip in CLIPS]
    page = report(tmp_path / "report.html", normal)
    assert "one class only, so no AUC" in page.words


def test_strangest_moments(tmp_path: Path) -> None:
    write_strangest(tmp_path / "s.html", CLIPS[0].peaks, "Strangest", NASTY)
    page = Page(tmp_path / "s.html")
    assert "clip0 : frame 40" in page.words
    assert NASTY in page.words
    assert len(page.all("img")) == 3
    write_strangest(tmp_path / "s.html", [], "Strangest", "")
    assert "no frame was scored" in Page(tmp_path / "s.html").words


@pytest.mark.parametrize(("count", "folded"), [(2, 0), (8, 0), (9, 1), (24, 1)])
def test_many_parts_are_folded_away(tmp_path: Path, count: int, folded: int) -> None:
    parts = {f"system.part_{number}": number / 10 for number in range(count)}
    peak = replace(CLIPS[0].peaks[0], parts=parts)
    write_strangest(tmp_path / "s.html", [peak], "Strangest", "")
    page = Page(tmp_path / "s.html")
    assert len(page.all("details")) == folded
    assert (f"its {count} parts" in page.words) == bool(folded)
    assert all(f"{name} {value:.3g}" in page.words for name, value in parts.items())


def test_nothing_is_left_half_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteError, match="Cannot write"):
        write_strangest(tmp_path / "file" / "s.html", [], "Strangest", "")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_sentence_and_the_pictures_of_events_come_before_the_tables(tmp_path: Path) -> None:
    page = report(tmp_path / "report.html", CLIPS)
    assert page.words.index("1 of 2 events missed") < page.words.index("Micro AUC, this method")
    assert [heading["id"] for heading in page.all("h2")] == [
        "missed", "found", "false-alarms", "events", "figures", "levels", "curves", "clips",
        "settings",
    ]  # fmt: skip


def test_the_contents_name_what_is_there_and_clips_are_collapsed(tmp_path: Path) -> None:
    page = report(tmp_path / "report.html", CLIPS)
    links = {link["href"] for link in page.all("a")}
    assert {"#missed", "#found", "#figures", "#clips", "#settings"} <= links
    assert not {"#failed", "#strongest", "#ignored", "#pictures"} & links
    clips = [one for one in page.all("details") if one.get("id", "").startswith("clip-")]
    assert len(clips) == 2
    assert all("open" not in one for one in clips)


def test_every_picture_enlarges_and_closes_without_a_script(tmp_path: Path) -> None:
    page = report(tmp_path / "report.html", CLIPS)
    pictures = [one["id"] for one in page.all("div") if one.get("class") == "picture"]
    moments = {one["id"] for one in page.all("figure") if "id" in one}
    enlarge = [one["href"][1:] for one in page.all("a") if one.get("class") == "enlarge"]
    close = [one["href"][1:] for one in page.all("a") if one.get("class") == "close"]
    assert enlarge == pictures
    assert len(close) == len(pictures)
    assert set(close) == moments


def test_pictures_are_bounded_and_those_left_out_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Drawing so many curves would take most of the time; other tests look at them.
    monkeypatch.setattr("awry.evaluation.report.page.curve_uri", lambda *_: "data:image/svg+xml,")
    clips = [replace(made(number % 2), name=f"many{number}") for number in range(21)]
    alone = [replace(clip, event_peaks=(), normal_peaks=()) for clip in clips]
    page = report(tmp_path / "report.html", alone, thresholds={}, alarms={})
    moments = [one for one in page.all("figure") if one.get("id", "").startswith("clip-")]
    assert len(moments) == MOST_CLIP_MOMENTS
    assert f"{MOST_CLIP_MOMENTS} of 42 moments have pictures" in page.words
