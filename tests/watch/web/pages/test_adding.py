"""The page where a camera is added."""

from __future__ import annotations

from awry.methods.registry import method_names
from web_site import SECRETS, Here


def test_an_administrator_adds_and_others_do_not(here: Here) -> None:
    page = here.client("admin").get("/add")
    assert page.status_code == 200
    assert all(f'<option value="{name}">' in page.text for name in method_names())
    assert 'value="30"' in page.text
    assert "Welcome" not in page.text
    assert not [one for one in (*SECRETS, "10.0.0.1") if one in page.text]
    assert here.client("operator").get("/add").status_code == 403
    assert here.client("yard").get("/add").status_code == 403


def test_whoever_has_no_camera_is_welcomed(here: Here) -> None:
    client = here.client("admin")
    for name in ("door", "yard"):
        assert client.delete(f"/api/v1/cameras/{name}").status_code == 200
    assert "Welcome" in client.get("/add").text
