"""The page with the slider."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import awry.pages
import awry.watch.web.pages
from web_site import Here

PATH = "/cameras/door/sensitivity"


def test_a_viewer_looks_and_an_administrator_saves(here: Here) -> None:
    page = here.client("viewer").get(PATH)
    assert page.status_code == 200
    assert "data-save" not in page.text
    assert "Only an administrator can save it." in page.text
    assert '<awry-sensitivity camera="door" days="7">' in page.text
    assert '<a href="/cameras/door/sensitivity" aria-current="page">Sensitivity</a>' in page.text
    assert "data-save" in here.client("admin").get(PATH).text
    answer = here.client("viewer").patch("/api/v1/cameras/door/config", json={"budget": "5/day"})
    assert answer.status_code == 403


def test_what_is_saved_stands_in_the_file_with_its_comments(here: Here) -> None:
    client = here.client("admin")
    answer = client.patch("/api/v1/cameras/door/config", json={"budget": "0.5/week"})
    assert answer.json()["budget"] == "0.5/week"
    text = (here.root / "site.yaml").read_text()
    assert "budget: 0.5/week" in text
    assert "# the front door" in text
    assert [one.action for one in here.asked][-1] == "config.noted"


def test_the_days_stand_in_the_address(here: Here) -> None:
    page = here.client("viewer").get(f"{PATH}?days=3&budget=1%2Fday").text
    assert '<option value="3" selected>the last 3 days</option>' in page
    assert 'days="3"' in page
    assert '<option value="5" selected>' in here.client("viewer").get(f"{PATH}?days=5").text
    assert here.client("viewer").get(f"{PATH}?days=80").status_code == 422


def test_nobody_and_no_such_camera(here: Here) -> None:
    assert here.client().get(PATH).headers["location"].startswith("/login?next=")
    assert here.client("viewer").get("/cameras/none/sensitivity").status_code == 404
    assert here.client("yard").get(PATH).status_code == 403


NAMED = """
import { named, rounded } from "./watch/rates.js";
const found = ["1/day", "2/day", "0.25/week", "1/week", "2/hour", "1/minute", "2/1000frames"];
console.log(JSON.stringify([...found.map(named), rounded(5941.2), rounded(0.0714)]));
"""


def test_budgets_have_names(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    for package in (awry.pages, awry.watch.web.pages):
        static = Path(str(package.__file__)).parent / "static"
        shutil.copytree(static, tmp_path, dirs_exist_ok=True)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "try.js").write_text(NAMED)
    said = subprocess.run(
        [node, "try.js"], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    )
    assert said.stdout.strip() == (
        '["1 alarm a day","2 alarms a day","1 alarm in 4 weeks","1 alarm a week",'
        '"2 alarms an hour","1 alarm a minute","2/1000frames","5,900","0.071"]'
    )
