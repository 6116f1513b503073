"""The page on what a camera was taught."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from awry.watch.requests import ACTIONS
from awry.watch.store.models import AuditRow, BundleRow, CameraRow, DriftRow
from awry.watch.web.bodies.cameras import DriftBody
from awry.watch.web.pages.teach import HEIGHT, WIDTH, curves, rounded
from parsed_page import Parsed
from scored_here import BEGIN, score
from web_site import NOW, Here, event

PATH = "/cameras/door/teach"
WEEK_S = 7 * 86_400.0


@pytest.fixture
def taught(here: Here) -> Here:
    score(here, threshold=2.2)
    score(here, "bundles/b", threshold=3.2)
    here.add(event("high", "door", BEGIN + 450), event("low", "door", BEGIN + 250))
    client = here.client("operator")
    note = "<script>alert(1)</script>"
    for uid, label in (("high", "abnormal"), ("low", "normal")):
        given = {"label": label, "note": note}
        assert client.put(f"/api/v1/events/{uid}/judgement", json=given).status_code == 200
    return here


def test_thresholds_judgements_and_detectors(taught: Here) -> None:
    page = taught.client("viewer").get(PATH)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert 'href="/events/high"' in page.text
    assert "Without judgements" in page.text
    assert "bundles/b" in page.text
    assert "data-do=" not in page.text  # a viewer changes nothing
    assert "data-compared>" in page.text
    text = taught.client("admin").get(PATH).text
    for name in ("refit", "promote", "drop"):
        assert f'data-do="{name}"' in text
        assert f'data-ask="{name}"' in text
    assert 'data-do="back"' not in text


def test_one_detector_alone_is_compared_with_none(taught: Here) -> None:
    with taught.database.writing() as session:
        for row in session.scalars(select(BundleRow).where(BundleRow.camera == "yard")):
            session.delete(row)
    text = taught.client("viewer").get("/cameras/yard/teach").text
    assert "data-compared hidden>" in text
    assert 'data-detectors="one"' in text


def test_the_fragment_is_the_same_part(taught: Here) -> None:
    client = taught.client("admin")
    page, part = client.get(PATH).text, client.get("/ui/cameras/door/teach").text
    assert part.strip() in page
    assert "<html" not in part


def test_both_detectors_beside_one_another(taught: Here) -> None:
    part = taught.client("viewer").get("/ui/cameras/door/compare").text
    assert "Only the time in which both have given scores is compared, 10 minutes:" in part
    assert "That is less than a day" in part
    assert "<dd>3</dd>" in part
    assert "<dd>1</dd>" in part
    assert "1 of 1" in part
    assert "0 of 1" in part
    answer = taught.client("viewer").get("/ui/cameras/yard/compare")
    assert answer.status_code == 409


def test_how_far_a_new_one_is_and_all_of_it_in_the_audit_log(taught: Here) -> None:
    client = taught.client("admin")
    assert "for a new detector it is gathered first" in client.get(PATH).text
    assert client.post("/api/v1/cameras/door/refit", json={"reason": "winter"}).status_code == 202
    with taught.database.writing() as session:
        row = session.get(CameraRow, "door")
        assert row is not None
        row.refit = {"since": NOW - 0.3 * 86_400, "reason": "winter"}
    text = client.get("/ui/cameras/door/teach").text
    assert "Footage is gathered for a new detector, for 24 hours; then it learns." in text
    assert "(winter)" in text
    assert 'value="30"' in text
    root = "/api/v1/cameras/door/bundles"
    assert client.post(f"{root}/promote", json={"path": "bundles/b"}).status_code == 200
    assert 'data-do="back"' in client.get("/ui/cameras/door/teach").text
    assert client.post(f"{root}/back").status_code == 200
    assert client.post(f"{root}/drop", json={"path": "bundles/b"}).status_code == 200
    with taught.database.reading() as session:
        noted = session.execute(select(AuditRow.action, AuditRow.by, AuditRow.after)).all()
    made = [tuple(one) for one in noted if one[0] in ACTIONS and one[0][:6] in ("refit", "bundle")]
    assert [one[:2] for one in made] == [
        ("refit", "admin"),
        ("bundle.promote", "admin"),
        ("bundle.back", "admin"),
        ("bundle.drop", "admin"),
    ]
    assert made[0][2] == {"reason": "winter"}


def test_an_administrator_chooses_the_footage(taught: Here) -> None:
    page = Parsed(taught.client("admin").get(PATH).text)
    assert [one["value"] for one in page.all("input", name="footage")] == ["all", "new"]
    (hours,) = page.all("input", id="hours")
    assert (hours["min"], hours["value"]) == ("1", "24")
    assert "From which footage?" not in taught.client("operator").get(PATH).text


def test_a_learning_and_a_failed_one(taught: Here) -> None:
    taught.add(
        BundleRow(camera="door", path="bundles/d", state="failed", at=NOW, detail="No footage."),
        BundleRow(camera="door", path="bundles/e", state="fitting", at=NOW, detail="On 3 files."),
    )
    text = taught.client("admin").get(PATH).text
    assert "A new detector is learning now." in text
    assert "On 3 files." in text
    assert 'data-do="refit" disabled' in text
    assert "No footage." in text


def test_drift_is_a_curve_with_gaps(taught: Here) -> None:
    text = taught.client("viewer").get(PATH).text
    assert "Not known yet" in text
    hour = int(NOW // 3600 * 3600)
    taught.add(
        *(
            DriftRow(
                camera="door", hour=hour - 3600 * back, light="day", bundle="bundles/a",
                stability=0.5, distance=0.3, count=9,
            )
            for back in (2, 3, 7)
        )
    )  # fmt: skip
    text = taught.client("viewer").get(PATH).text
    assert text.count("<polyline") == 2
    assert "the newest hour is as at first" in text


def test_points_of_a_curve() -> None:
    def hour(place: int, stability: float | None, distance: float | None = 0.2) -> DriftBody:
        return DriftBody(
            hour=3600 * place, light="day", bundle="b", stability=stability, distance=distance,
            count=1,
        )  # fmt: skip

    (one,) = curves([hour(0, 0.25), hour(1, 0.0), hour(2, None), hour(167, 9.0, 9.0)], WEEK_S)
    assert one.lines == (
        f"{WIDTH / 336:.1f},{HEIGHT / 2:.1f} {3 * WIDTH / 336:.1f},{HEIGHT:.1f}",
        " ".join([f"{335 * WIDTH / 336:.1f},{HEIGHT * 0.05:.1f}"] * 2),
    )
    assert (one.hours, one.newest >= 1) == (3, True)
    assert curves([hour(0, None)], WEEK_S) == []


def test_numbers_are_of_two_figures_as_the_language_writes_them() -> None:
    assert [rounded(5941.2, "de"), rounded(5941.2, "en"), rounded(0.0714, "de")] == [
        "5.900",
        "5,900",
        "0,071",
    ]


def test_nobody_and_no_such_camera(here: Here) -> None:
    assert here.client().get(PATH).headers["location"].startswith("/login?next=")
    assert here.client("viewer").get("/cameras/none/teach").status_code == 404
    assert here.client().get("/ui/cameras/door/teach").status_code == 401
