"""The past of the demo, from drawing to events; its detectors are fitted and score for real."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from awry.watch.demo_site.cameras import settings_text
from awry.watch.demo_site.past import Past, Times, keeper_settings
from awry.watch.site.model import Site
from awry.watch.site.read import parse_site
from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout
from awry.watch.store.models import BundleRow, CameraRow, ClipRow, EventRow, FootageRow, GapRow
from awry.watch.synthetic.scene import scene_of

TIMES = Times(1_800_000_000.0, 1_800_000_060.0, 1_800_000_120.0)


def site_of(folder: Path, *, every_s: float = 30.0) -> Site:
    """The square alone, where somebody is too fast twice a minute."""
    text = settings_text(0, "UTC", TIMES.since, None, learn_s=60.0)
    text = text[: text.index("  digits:")].replace("every_s=420", f"every_s={every_s:g}")
    return parse_site(text.encode(), folder / "site.yaml").site


def test_a_past_that_detectors_scored(tmp_path: Path) -> None:
    site, said = site_of(tmp_path), []
    database = open_database(Layout(site.store))
    try:
        past = Past(site, database, TIMES, said.append, lambda: None)
        past.make()
        past.end(TIMES.until + 10)
        with database.reading() as session:
            scene = scene_of(site.cameras["square"].detect.get_secret_value())
            events = session.scalars(select(EventRow).order_by(EventRow.start)).all()
            strange = [
                one for one in events if any(scene.strange(one.start + more) for more in (0, 1, 2))
            ]
            assert strange, [one.reason for one in events]
            clips = {row.event: row for row in session.scalars(select(ClipRow))}
            for event in events:
                assert (event.state, event.threshold > 0) == ("ended", True)
                clip = clips[event.uid]
                assert (site.store / clip.path).stat().st_size > 1000
                assert clip.start < event.start < event.end < clip.end + 3
                assert "Made for the demo" in clip.note
            (bundle,) = session.scalars(select(BundleRow))
            assert (bundle.state, bundle.method, bundle.path) == (
                "active",
                "flow",
                "bundles/square/1",
            )
            assert session.get(CameraRow, "square") is not None
            assert session.scalar(select(FootageRow.start)) == TIMES.learned
            (gap,) = session.scalars(select(GapRow))
            assert (gap.start, gap.end) == (TIMES.until, TIMES.until + 10)
    finally:
        database.close()
    assert said[0] == "Drawing what the detectors learn from."


def test_whoever_stops_it_is_heard(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    database = open_database(Layout(site.store))

    def stop() -> None:
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            Past(site, database, TIMES, lambda sentence: None, stop).make()
    finally:
        database.close()


def test_the_keeper_is_told_what_it_is_told_later(tmp_path: Path) -> None:
    settings = keeper_settings(site_of(tmp_path))
    assert list(settings.cameras) == ["square"]
    assert settings.cameras["square"].camera.detect.get_secret_value() == ""
