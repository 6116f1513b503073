from __future__ import annotations

from pathlib import Path

from awry.watch.store.layout import Layout


def test_everything_lies_in_the_store() -> None:
    layout = Layout(Path("store"))
    names = ("database", "media", "footage", "bundles", "quarantine", "backups", "ballast", "lock")
    places = [getattr(layout, name) for name in names]
    assert {place.parent for place in places} == {Path("store")}
    assert len(set(places)) == len(names)


def test_files_of_events_lie_by_camera_and_day_of_utc() -> None:
    layout = Layout(Path("store"))
    midnight = 1_799_971_200.0
    assert layout.event_file("yard", midnight, "a.mp4") == "media/yard/2027-01-15/a.mp4"
    assert layout.event_file("yard", midnight - 1, "a.mp4") == "media/yard/2027-01-14/a.mp4"
