"""Somebody looks at a camera: they see what its detector sees, and nothing else changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from awry.watch.messages import Request, Scored, ShowAll, new_uid
from awry.watch.requests import Look
from awry.watch.store.models import AuditRow, CalibrationRow, ChangeRow, EventRow, ScoreRow
from keeper_site import HIGH, LOW, REGION, WEB, KeptSite, jpeg

LOOKED: dict[str, Any] = {
    "regions": (REGION,),
    "heat": b"png",
    "reason": "Middle: a person moves fast; 10 % of the way from normal to the threshold.",
    "looked": True,
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


def seen(site: KeptSite, camera: str = "door") -> dict[str, Any]:
    answer = site.ask(Look(camera=camera, seconds=5), new_uid())
    assert answer.error == ""
    found: dict[str, Any] = json.loads(answer.values)
    return found


def test_the_newest_score_with_all_that_was_seen(site: KeptSite) -> None:
    assert seen(site)["at"] is None
    assert site.heard(ShowAll) == [ShowAll("door", 5.0)]
    at = site.clock.now()
    site.score([0.1], parts={"speed": 2.0, "odd": float("nan")}, **LOOKED)
    found = seen(site)
    assert (found["at"], found["score"], found["threshold"]) == (at, 0.1, 1.0)
    assert found["parts"] == {"speed": 2.0, "odd": None}
    assert found["heat"] == "cG5n"  # of b"png", in base64
    (region,) = found["regions"]
    assert (region["box"], region["class_name"]) == ([0.1, 0.1, 0.3, 0.3], "person")
    site.score([2.0], regions=(REGION,), picture=jpeg(), heat=b"high")
    assert (seen(site)["score"], seen(site)["heat"]) == (2.0, "aGlnaA==")


def test_nothing_is_kept_of_cameras_that_nobody_looks_at(site: KeptSite) -> None:
    site.score([0.1], **LOOKED)
    assert seen(site)["at"] is None
    site.score([0.1], **LOOKED)
    assert seen(site)["at"] is not None
    site.clock.advance(5.0)
    site.score([0.2], **LOOKED)
    assert seen(site)["at"] is None  # what was seen before is not now


def test_a_detector_that_only_tries_is_not_shown(site: KeptSite) -> None:
    seen(site)
    site.score([0.1], shadow=True, **LOOKED)
    assert seen(site)["at"] is None


def rows(site: KeptSite, table: Any) -> Sequence[Any]:
    return [
        {key: value for key, value in vars(row).items() if not key.startswith("_")}
        for row in site.rows(table)
    ]


def told(site: KeptSite) -> list[Any]:
    return [one for one in site.said if not isinstance(one.message, ShowAll)]


def test_looking_changes_nothing_else(tmp_path: Path) -> None:
    """The same scores, with and without somebody who looks, give the same store and effects."""
    found = []
    for looks in (False, True):
        folder = tmp_path / "site"  # the same one: identities of events hang on it
        site = KeptSite(folder)
        for value in [*LOW, *HIGH, *LOW, *HIGH, *LOW]:
            if looks:
                seen(site)
            more = LOOKED if looks and value < 0.8 else {}
            high = {"regions": (REGION,), "picture": jpeg(), "heat": b"h", "reason": "High."}
            site.score([value], **(more or (high if value >= 0.8 else {})))
        tables = (EventRow, ScoreRow, CalibrationRow, ChangeRow, AuditRow)
        text = json.dumps([rows(site, table) for table in tables], default=str, sort_keys=True)
        says = [one for one in told(site) if one.process != "web"]
        found.append((text, len(says)))
        site.close()
        shutil.rmtree(folder)
    assert found[0][1] > 0
    assert "High." in found[0][0]
    assert found[0] == found[1]


def test_a_look_that_cannot_be_read_is_refused(site: KeptSite) -> None:
    effects = site.tell(Request("u", "look", '{"camera": "../x", "seconds": 1e9}'), WEB)
    (answer,) = [one.message for one in effects]
    assert "cannot be read" in answer.error  # type: ignore[attr-defined]


def test_a_score_without_a_look_is_the_same_object(site: KeptSite) -> None:
    plain: Scored = site.scored(0.1)
    assert site.keeper._looks.see(plain, 1.0) is plain
