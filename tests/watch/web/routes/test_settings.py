"""The site's settings over the API."""

from __future__ import annotations

import pytest

from awry.watch.messages import Answer
from awry.watch.requests import ConfigNoted, values_of
from awry.watch.site.secret_values import WITHHELD
from awry.watch.store.models import AuditRow
from web_site import SECRETS, SITE, Here

API = "/api/v1"
ZONE = {"name": "gate", "alarm": "only", "polygon": [[0, 0], [1, 0], [1, 1]]}


def test_settings_are_shown_without_addresses_and_secrets(here: Here) -> None:
    answer = here.client("admin").get(f"{API}/config")
    told = answer.json()
    assert (told["name"], told["mqtt"], told["webhooks"]) == ("home", True, ["hook"])
    assert told["schedules"] == {"night": ["mon-sun 22:00-06:00"]}
    assert [one["name"] for one in told["cameras"]] == ["door", "yard"]
    assert told["cameras"][0]["budget"] == "2/day"
    hidden = [*SECRETS, "10.0.0.1", "broker.example", "hook.example", "admin", "rtsp"]
    assert [one for one in hidden if one in answer.text] == []


def test_a_site_of_variables_is_shown_and_changed_without_them(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web process is not given the variables that hold secrets."""
    names = ("DOOR", "YARD_WORD", "HOOK", "STORE_PLACE", "TITLE")
    monkeypatch.setenv(WITHHELD, " ".join(names))
    for name in names:
        monkeypatch.delenv(name, raising=False)
    file = here.root / "site.yaml"
    file.write_text(
        """
name: ${TITLE}
store: store
database: ${STORE_PLACE}
webhooks: [{name: hook, to: "${HOOK}", secret: "${HOOK}"}]
cameras:
  door:
    detect: ${DOOR}  # by the gate
  yard: {detect: "rtsp://root:${YARD_WORD}@10.0.0.2/live", record: "${DOOR}"}
  gone: {detect: "rtsp://root:${NOWHERE}@10.0.0.3/live"}
"""
    )
    client = here.client("admin")
    told = client.get(f"{API}/config").json()
    assert [one["name"] for one in told["cameras"]] == ["door", "yard"]
    assert "NOWHERE of the environment is not set" in told["misconfigured"]["gone"]
    assert told["warnings"] == []
    answer = client.patch(f"{API}/cameras/door/config", json={"budget": "3/week"})
    assert (answer.status_code, answer.json()["budget"]) == (200, "3/week")
    answer = client.patch(f"{API}/config", json={"retention": {"days": 5}})
    assert (answer.status_code, answer.json()["retention"]["days"]) == (200, 5)
    text = file.read_text()
    assert "detect: ${DOOR}  # by the gate" in text
    assert "withheld" not in text
    for page in ("/cameras/door", "/cameras/door/zones", "/system?tab=disk", "/system"):
        assert client.get(page).status_code == 200


def test_a_change_goes_into_the_file_and_comments_stay(here: Here) -> None:
    client = here.client("admin")
    body = {"budget": "3/week", "armed": "night", "zones": [ZONE], "cooldown_s": 5}
    answer = client.patch(f"{API}/cameras/door/config", json=body)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in ("budget", "armed", "cooldown_s")} == {
        "budget": "3/week",
        "armed": "night",
        "cooldown_s": 5.0,
    }
    text = (here.root / "site.yaml").read_text()
    assert "# the front door" in text
    assert "budget: 3/week" in text
    assert "rtsp://admin:s3cret-door@10.0.0.1/live" in text
    assert here.reloads == [1]
    noted = values_of(here.asked[-1])
    assert isinstance(noted, ConfigNoted)
    assert (noted.subject, noted.before["budget"], noted.after["budget"]) == (
        "door",
        "2/day",
        "3/week",
    )
    assert here.rows(AuditRow)[-1].by == "admin"
    assert client.get(f"{API}/cameras/door/config").json()["zones"][0]["name"] == "gate"


def test_what_is_left_out_stays_and_null_takes_away(here: Here) -> None:
    client = here.client("admin")
    client.patch(f"{API}/cameras/door/config", json={"cooldown_s": 5})
    assert client.get(f"{API}/cameras/door/config").json()["budget"] == "2/day"
    client.patch(f"{API}/cameras/door/config", json={"budget": None})
    told = client.get(f"{API}/cameras/door/config").json()
    assert (told["budget"], told["cooldown_s"]) == (None, 5.0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"budget": "many"}, 409),
        ({"armed": "no-such-schedule"}, 409),
        ({"zones": [{**ZONE, "polygon": [[0, 0], [1, 1]]}]}, 422),
        ({"zones": [{**ZONE, "polygon": [[0, 0], [1, 0], [2, 2]]}]}, 422),
        ({"cooldown_s": -1}, 422),
        ({"detect": "rtsp://evil.example/"}, 422),
        ({"budget": "1/day", "version": "another"}, 409),
    ],
)
def test_what_does_not_fit_changes_nothing(
    here: Here, body: dict[str, object], status: int
) -> None:
    answer = here.client("admin").patch(f"{API}/cameras/door/config", json=body)
    assert answer.status_code == status
    assert (here.root / "site.yaml").read_text() == SITE
    assert not here.reloads
    assert not here.asked
    assert [one for one in SECRETS if one in answer.text] == []


def test_a_version_that_fits_is_taken(here: Here) -> None:
    client = here.client("admin")
    version = client.get(f"{API}/config").json()["version"]
    body = {"budget": "1/day", "version": version}
    assert client.patch(f"{API}/cameras/door/config", json=body).status_code == 200
    assert client.patch(f"{API}/cameras/door/config", json=body).status_code == 409


def test_a_camera_that_the_file_does_not_have(here: Here) -> None:
    client = here.client("admin")
    assert client.get(f"{API}/cameras/none/config").status_code == 404
    assert client.patch(f"{API}/cameras/none/config", json={"budget": None}).status_code == 404


def test_a_camera_with_a_mistake_says_so_and_can_be_mended(here: Here) -> None:
    file = here.root / "site.yaml"
    file.write_text(SITE.replace("budget: 2/day", "budget: many"))
    client = here.client("admin")
    assert "door" in client.get(f"{API}/config").json()["misconfigured"]
    assert client.get(f"{API}/cameras/door/config").status_code == 409
    answer = client.patch(f"{API}/cameras/door/config", json={"budget": "1/day"})
    assert (answer.status_code, answer.json()["budget"]) == (200, "1/day")


def test_a_supervisor_that_refuses_is_told(here: Here) -> None:
    here.app.state.api.reload = lambda: Answer("1", error="The file cannot be used.")
    answer = here.client("admin").patch(f"{API}/cameras/door/config", json={"budget": "1/day"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        409,
        "The file cannot be used.",
    )


def test_a_site_without_a_file(here: Here) -> None:
    here.app.state.api.settings = here.settings.model_copy(update={"config": None})
    assert here.client("admin").get(f"{API}/config").status_code == 404
