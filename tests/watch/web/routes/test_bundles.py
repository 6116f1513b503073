"""Detectors over the API."""

from __future__ import annotations

from awry.watch.requests import BundleDrop, BundlePromote, Refit, values_of
from web_site import Here

API = "/api/v1/cameras"


def test_detectors_are_listed(here: Here) -> None:
    found = here.client("viewer").get(f"{API}/door/bundles").json()["bundles"]
    assert {(one["path"], one["state"], one["method"]) for one in found} == {
        ("bundles/a", "active", "daml"),
        ("bundles/b", "shadow", "daml"),
    }
    assert here.client("viewer").get(f"{API}/none/bundles").status_code == 404


def test_what_is_asked_for_is_the_keepers_to_do(here: Here) -> None:
    client = here.client("admin")
    client.post(f"{API}/door/bundles/promote", json={"path": "bundles/b"})
    client.post(f"{API}/door/bundles/drop", json={"path": "bundles/b"})
    client.post(f"{API}/door/refit", json={"reason": "It snows."})
    client.post(f"{API}/door/bundles/back")
    assert [values_of(request) for request in here.asked[:3]] == [
        BundlePromote(camera="door", path="bundles/b"),
        BundleDrop(camera="door", path="bundles/b"),
        Refit(camera="door", reason="It snows."),
    ]
    assert [request.action for request in here.asked][3] == "bundle.back"


def test_a_refit_on_new_footage(here: Here) -> None:
    client = here.client("admin")
    path = f"{API}/door/refit"
    assert client.post(path, json={"gather_s": 7200}).status_code == 202
    assert values_of(here.asked[0]) == Refit(camera="door", gather_s=7200.0)
    for odd in (0, 599, 31 * 86_400, "a day"):
        assert client.post(path, json={"gather_s": odd}).status_code == 422


def test_a_detector_that_the_camera_does_not_have(here: Here) -> None:
    client = here.client("admin")
    for path in ("../../etc", "bundles/c"):
        answer = client.post(f"{API}/door/bundles/promote", json={"path": path})
        assert answer.status_code == 404
    assert client.post(f"{API}/none/refit", json={}).status_code == 404
    assert not here.asked
