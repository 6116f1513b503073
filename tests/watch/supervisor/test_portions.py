"""What each process is told: no more than it needs, and the same as long as nothing changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from awry.errors import BundleError
from awry.watch.site.model import Mqtt, Receiver, Web
from awry.watch.supervisor.portions import Key, Planner, Used, grid_of
from fake_processes import camera, site


def bundle(folder: Path, **facts: Any) -> Path:
    """A folder whose manifest is right; nothing else is looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {"fps": 20.0, "every": 2}
    manifest = {"format": 1, "data": data, "frame_size": [240, 360], "files": {}, **facts}
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({**manifest, "manifest_sha256": digest}))
    return folder


def settings(plan: dict[Key, str], kind: str, name: str = "") -> Any:
    return json.loads(plan[Key(kind, name)])


def scorers(plan: dict[Key, str]) -> dict[str, list[str]]:
    return {
        key.name: [one["name"] for one in json.loads(text)["cameras"]]
        for key, text in plan.items()
        if key.kind == "scorer"
    }


def test_the_grid_is_the_footages(tmp_path: Path) -> None:
    grid = grid_of(bundle(tmp_path / "b"))
    assert (grid.rate, grid.width, grid.height) == (10.0, 360, 240)


def test_a_bundle_without_size_or_rate(tmp_path: Path) -> None:
    grid = grid_of(bundle(tmp_path / "b", data={"fps": None}, frame_size=None))
    assert (grid.rate, grid.width, grid.height) == (None, None, None)


@pytest.mark.parametrize("facts", [{"data": 5}, {"frame_size": ["a", 1]}, {"data": {"fps": "x"}}])
def test_a_strange_manifest_is_an_error_of_ours(tmp_path: Path, facts: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        grid_of(bundle(tmp_path / "b", **facts))


def test_each_is_told_what_it_needs(tmp_path: Path) -> None:
    fitted = bundle(tmp_path / "b")
    receiver = Receiver(name="me", to=SecretStr("tgram://pass-t"), secret=SecretStr("pass-s"))
    one = site(
        tmp_path,
        camera("door", bundle=fitted, record=SecretStr("rtsp://pass-r@h/1")),
        camera("yard"),
        camera("off", enabled=False, bundle=fitted),
        mqtt=Mqtt(host="broker", password=SecretStr("pass-m")),
        notify=(receiver,),
        database=SecretStr("postgresql://u:pass-b@h/db"),
        web=Web(),
    )
    plan = Planner(cores=2, config=tmp_path / "site.yaml").plan(one, {})
    assert sorted(map(str, plan)) == [
        *("courier", "ingest door", "ingest yard", "keeper", "scorer 0", "web"),
    ]
    found = {
        str(key): sorted(secret for secret in "rtsmb" if f"pass-{secret}" in text)
        for key, text in plan.items()
    }
    assert found == {
        "keeper": ["b"],
        "courier": ["b", "m", "s", "t"],
        "web": ["b"],
        "scorer 0": [],
        "ingest door": ["r"],
        "ingest yard": [],
    }
    assert [str(key) for key, text in plan.items() if "pass-door" in text] == ["ingest door"]
    keeper = settings(plan, "keeper")
    assert keeper["cameras"]["door"]["bundle"] == str(fitted)
    assert set(keeper["cameras"]) == {"door", "yard", "off"}
    assert keeper["notify"][0]["name"] == "me"
    assert settings(plan, "ingest", "door")["grid"]["width"] == 360
    assert settings(plan, "ingest", "yard")["grid"] is None
    assert settings(plan, "web")["config"] == str(tmp_path / "site.yaml")
    assert scorers(plan) == {"0": ["door"]}


def test_a_broken_bundle_is_its_cameras_alone(tmp_path: Path) -> None:
    planner = Planner(cores=2)
    one = site(tmp_path, camera("door", bundle=tmp_path / "b"), camera("yard"))
    plan = planner.plan(one, {})
    assert settings(plan, "ingest", "door")["grid"] is None
    assert scorers(plan) == {"0": ["door"]}  # which says what is wrong with it
    assert "not a bundle" in planner.faults["door"]
    bundle(tmp_path / "b")
    assert settings(planner.plan(one, {}), "ingest", "door")["grid"]["rate"] == 10.0
    assert planner.faults == {}


def test_a_manifest_is_read_again_once_it_is_another(tmp_path: Path) -> None:
    planner, one = Planner(cores=2), site(tmp_path, camera("door", bundle=bundle(tmp_path / "b")))
    assert settings(planner.plan(one, {}), "ingest", "door")["grid"]["rate"] == 10.0
    (tmp_path / "b" / "manifest.json").unlink()
    bundle(tmp_path / "b", data={"fps": 5.0})
    assert settings(planner.plan(one, {}), "ingest", "door")["grid"]["rate"] == 5.0


def test_cameras_of_one_bundle_share_a_process_and_others_spread(tmp_path: Path) -> None:
    one, two, three = (Path(f"/b/{name}") for name in "123")
    cameras = [camera(f"a{n}", bundle=one) for n in range(3)]
    cameras += [camera("b", bundle=two), camera("c", bundle=three)]
    plan = Planner(cores=2).plan(site(tmp_path, *cameras), {})
    assert scorers(plan) == {"0": ["a0", "a1", "a2"], "1": ["b", "c"]}
    assert settings(plan, "scorer", "0")["threads"] == 1
    alone = Planner(cores=4).plan(site(tmp_path, *cameras[:3]), {})
    assert scorers(alone) == {"0": ["a0", "a1", "a2"]}
    assert settings(alone, "scorer", "0")["threads"] == 4


def test_what_is_learned_later_moves_nobody_and_changes_no_threads(tmp_path: Path) -> None:
    planner = Planner(cores=4)
    one = site(tmp_path, camera("door", bundle=Path("/b/1")), camera("yard"))
    before = planner.plan(one, {})
    after = planner.plan(one, {"yard": Used(Path("/b/2"))})
    assert before[Key("scorer", "0")] == after[Key("scorer", "0")]
    assert scorers(after) == {"0": ["door"], "1": ["yard"]}
    assert settings(after, "scorer", "1")["threads"] == 2


def test_a_change_moves_no_other_camera(tmp_path: Path) -> None:
    planner = Planner(cores=4)
    cameras = [camera(f"c{n}", bundle=Path(f"/b/{n}")) for n in range(8)]
    before = scorers(planner.plan(site(tmp_path, *cameras), {}))
    assert [len(one) for one in before.values()] == [2, 2, 2, 2]
    after = scorers(
        planner.plan(site(tmp_path, *cameras[1:], camera("d", bundle=Path("/b/d"))), {})
    )
    where = {name: slot for slot, names in before.items() for name in names}
    for slot, names in after.items():
        assert all(where.get(name, where["c0"]) == slot for name in names)
    fewer = scorers(planner.plan(site(tmp_path, *cameras, scorers=1), {}))
    assert list(fewer) == ["0"]


def test_a_detector_that_only_tries_is_scored_too(tmp_path: Path) -> None:
    tried = bundle(tmp_path / "b")
    plan = Planner(cores=2).plan(site(tmp_path, camera("door")), {"door": Used(None, tried)})
    (scored,) = settings(plan, "scorer", "0")["cameras"]
    assert (scored["bundle"], scored["shadow"]) == (None, str(tried))
    assert settings(plan, "ingest", "door")["grid"]["rate"] == 10.0


def test_the_settings_bundle_counts_where_no_other_is_in_use(tmp_path: Path) -> None:
    named = camera("door", bundle=Path("/named"))
    plan = Planner(cores=2).plan(site(tmp_path, named), {"door": Used(None, Path("/tried"))})
    (scored,) = settings(plan, "scorer", "0")["cameras"]
    assert (scored["bundle"], scored["shadow"]) == ("/named", "/tried")


def test_the_trainer_has_no_address(tmp_path: Path) -> None:
    text = Planner(cores=2).trainer(site(tmp_path, camera("door")), "door", "refit")
    assert "pass-" not in text
    assert json.loads(text)["reason"] == "refit"
