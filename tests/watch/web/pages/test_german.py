"""On German pages nothing is left in English, whatever processes, detectors and the API said."""

from __future__ import annotations

import re

import pytest

from awry.watch.store.models import BundleRow, CameraRow, GapRow
from english import english_in
from web_site import NOW, Here

PAGES = (
    *("/", "/ui/now/tiles", "/events", "/events/e1", "/timeline", "/ui/timeline/table", "/add"),
    *("/cameras/door", "/cameras/door/sensitivity", "/cameras/door/zones", "/cameras/door/teach"),
    *("/cameras/yard", "/cameras/yard/teach", "/system", "/system/disk", "/system/load"),
    *("/system/versions", "/system/log", "/system/backups", "/system/people", "/system/audit"),
    *("/system/settings", "/account", "/login", "/none"),
)
REASONS = (
    ("back-off", "Lost rtsp://10.0.0.1/live: the other side ended it."),
    ("back-off", "Cannot open rtsp://10.0.0.1/live: Connection refused."),
    ("misconfigured", "Cannot open rtsp://10.0.0.1/live: it refuses the user or the password."),
    ("misconfigured", "The camera sends 640x480, but its detector was fitted on 640x360: another "
     "shape is another view. Set the camera back, or fit a detector on its new footage."),
    ("stalled", "Data come, but no picture since 31 s."),
    ("degraded", "Slow: over 40 % of its pictures went unscored in the last minute, so its budget "
     "is not promised. Fewer cameras, a lighter detector or a faster machine would help."),
    ("degraded", "Low rate: 2.4 pictures a second came in the last minute, and its detector wants "
     "5, so its budget is not promised."),
    ("degraded", "No recording: Clips cannot be written: No space left on device."),
    ("degraded", "Drift: For 6 hours the scores (day) have been others than in the detector's "
     "first day: population stability index 0.31, Kolmogorov-Smirnov distance 0.42. The budget is "
     "not promised any more. Look whether the camera or the scene has changed, and refit the "
     "detector if that is to stay."),
    ("quarantined", "Its ingest process crashed again and again. It ended with exit code 3."),
    ("learning", "Footage is gathered: it is too little to learn from yet, and goes on."),
    ("running", "Footage for another detector is gathered: 10 % of 24 hours passed."),
)  # fmt: skip


def left(page: str) -> list[str]:
    """English words of what is to be read on a page, but for what is kept as it was said."""
    kept = "script|style|select|datalist|code|kbd|del|ins|template"
    body = re.sub(rf"<({kept})\b.*?</\1>", " ", page, flags=re.S)
    body = re.sub(r"<(\w+)[^>]* lang=\"en\"[^>]*>.*?</\1>", " ", body, flags=re.S)
    said = [re.sub(r"<[^>]+>", " ", body)]
    told = "title|alt|aria-label|placeholder|data-done|data-confirm"
    said += re.findall(rf'(?:{told})="([^"]*)"', body)
    return [word for text in said for word in english_in(text)]


@pytest.fixture
def troubled(here: Here) -> Here:
    with here.database.writing() as session:
        for number, name in enumerate(("door", "yard")):
            camera = session.get(CameraRow, name)
            assert camera is not None
            camera.state, camera.state_reason = REASONS[number]
            camera.flags = ["covered"]
        for row in session.query(BundleRow).filter(BundleRow.state == "shadow"):
            row.detail = (
                "On 30 minutes of footage that it never saw it would have given 3 alarms; its "
                "budget of 2/day allows 0.042 in that time."
            )
        for gap in session.query(GapRow):
            gap.why = "The camera was opened anew."
        why = "Scoring was behind: 12 pictures in a row were left out."
        session.add(GapRow(camera="door", start=NOW - 40, end=NOW - 30, why=why))
    return here


@pytest.mark.parametrize("path", PAGES)
def test_a_page(troubled: Here, path: str) -> None:
    client = troubled.client("" if path == "/login" else "admin")
    client.cookies.set("awry_language", "de")
    answer = client.get(path)
    assert 'lang="de"' in answer.text or path.startswith("/ui/")
    assert left(answer.text) == []


@pytest.mark.parametrize("number", range(len(REASONS)))
def test_why_a_camera_is_in_its_state(troubled: Here, number: int) -> None:
    with troubled.database.writing() as session:
        camera = session.get(CameraRow, "door")
        assert camera is not None
        camera.state, camera.state_reason = REASONS[number]
    client = troubled.client("admin")
    client.cookies.set("awry_language", "de")
    for path in ("/", "/cameras/door", "/system"):
        assert left(client.get(path).text) == []
    client.cookies.set("awry_language", "en")
    assert REASONS[number][1][:30] in client.get("/ui/now/tiles").text.replace("&#39;", "'")


def test_the_api_answers_in_english_whoever_asks(troubled: Here) -> None:
    client = troubled.client("admin")
    client.cookies.set("awry_language", "de")
    client.headers["Accept-Language"] = "de"
    refused = client.get("/api/v1/cameras/attic")
    assert refused.json()["error"]["message"] == "There is no camera 'attic'."
    state = client.get("/api/v1/cameras/door").json()
    assert state["state_reason"] == REASONS[0][1]
    said = client.get("/ui/said/de", params={"text": refused.json()["error"]["message"]})
    assert said.text == "Es gibt keine Kamera 'attic'."
    assert said.headers["content-type"] == "text/plain; charset=utf-8"


def test_whatever_the_api_refuses_has_its_german(troubled: Here) -> None:
    """What a person at the pages can cause."""
    client = troubled.client("admin")
    wishes = [
        ("PUT", "/api/v1/events/none/judgement", {"label": "normal"}),
        ("PUT", "/api/v1/events/e1/judgement", {"label": "perhaps"}),
        ("PUT", "/api/v1/cameras/attic/armed", {"armed": True}),
        ("PUT", "/api/v1/cameras/door/armed", {"armed": "x"}),
        ("PATCH", "/api/v1/config/cameras/door", {"budget": "many"}),
        ("PATCH", "/api/v1/config/cameras/attic", {"budget": "2/day"}),
        ("POST", "/api/v1/users", {"name": "admin", "password": "long enough 12", "role": "admin"}),
        ("POST", "/api/v1/users", {"name": "new", "password": "1111111111111", "role": "admin"}),
        ("POST", "/api/v1/users", {"name": "new", "password": "x", "role": "king"}),
        ("DELETE", "/api/v1/users/nobody", None),
        ("DELETE", "/api/v1/users/admin", None),
        ("DELETE", "/api/v1/tokens/none", None),
        ("POST", "/api/v1/snoozes", {"camera": "attic", "boxes": [[0, 0, 1, 1]], "lasts": "1h"}),
        ("DELETE", "/api/v1/snoozes/7", None),
        ("DELETE", "/api/v1/backups/none", None),
        ("POST", "/api/v1/cameras/try", {"address": "ftp://x"}),
        ("POST", "/api/v1/cameras/try", {"address": "rtsp://"}),
        ("GET", "/api/v1/cameras/attic/live.jpg", None),
        ("GET", "/api/v1/cameras/door/live.jpg", None),
        ("POST", "/api/v1/cameras/door/bundles/back", {}),
        ("GET", "/api/v1/timeline?since=5", None),
    ]
    for method, path, body in wishes:
        answer = client.request(method, path, json=body)
        assert answer.status_code >= 400, path
        english = answer.json()["error"]["message"]
        said = client.get("/ui/said/de", params={"text": english}).text
        assert said != english, (path, english)
        assert english_in(re.sub(r"body\.\S+|'[^']*'|`[^`]*`", "", said)) == [], said
