from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

import awry as package
from awry.errors import ConfigError
from awry.sifting.review.session import ReviewSession


def test_the_page_is_served_until_it_is_closed(run_folder: Path) -> None:
    with package.review(run_folder, port=0) as page:
        assert page.address is not None
        assert (page.read_only, page.abnormal, page.normal) == (False, 0, 0)
        with urllib.request.urlopen(page.address) as answer:
            assert answer.status == 200
        rebound = urllib.request.Request(page.address, headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="400") as refusal:
            urllib.request.urlopen(rebound)
        refusal.value.close()
        # Another page of the same run, in the same program, is read-only.
        with package.review(run_folder, port=0) as second:
            assert second.read_only
            assert second.address not in (None, page.address)
            with urllib.request.urlopen(str(second.address)) as answer:
                assert answer.status == 200
        assert list(page.to_dict()) == [
            *("run", "address", "read_only", "abnormal", "normal", "notes"),
        ]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(page.address)
    # The run is free again, and so is the program.
    with package.review(package.load_run(run_folder), port=0) as again:
        assert not again.read_only
        assert again.address is not None
        with urllib.request.urlopen(again.address) as answer:
            assert answer.status == 200


def test_marks_go_from_one_run_to_another(run_folder: Path, tmp_path: Path) -> None:
    session = ReviewSession(run_folder)
    session.mark(session.moments[0], "abnormal")
    session.close()
    result = package.review(run_folder, export=tmp_path / "marks.jsonl")
    assert (result.exported, result.exported_to) == (1, tmp_path / "marks.jsonl")
    assert (result.address, result.taken, result.abnormal) == (None, None, 1)
    (run_folder / "feedback.jsonl").unlink()
    result = package.review(run_folder, take_in=tmp_path / "marks.jsonl")
    assert (result.taken, result.refused, result.abnormal) == (1, (), 1)
    assert result.rows()[0] == {"label": "abnormal", "moments": 1}
    with pytest.raises(ConfigError, match="did you mean 'export'"):
        package.review(run_folder, exprot=tmp_path / "marks.jsonl")  # type: ignore[call-arg]


def test_export_and_take_in_by_command(awry: Callable, run_folder: Path, tmp_path: Path) -> None:
    session = ReviewSession(run_folder)
    session.mark(session.moments[0], "abnormal")
    name = session.run.clips[session.moments[0].clip].name
    frame = int(session.run.clips[session.moments[0].clip].indices[session.moments[0].place])
    busy = awry("review", run_folder, "--take-in", tmp_path / "marks.jsonl")
    assert (busy.code, "read-only" in busy.err) == (2, True)
    session.close()
    out = tmp_path / "out" / "marks.jsonl"
    said = awry("review", run_folder, "--export", out, "--json")
    assert said.code == 0, said.err
    assert said.json["exported"] == 1
    line = json.loads(out.read_text())
    span = {"first": line["first"], "last": line["last"]}
    assert line | {"time": ""} == {
        "source": name,
        "frame": frame,
        "label": "abnormal",
        "time": "",
        **span,
    }
    assert span["first"] <= frame <= span["last"]
    out.write_text(json.dumps(line | {"label": "normal"}) + '\n{"source": "x", "frame": 1}\n')
    said = awry("review", run_folder, "--take-in", out)
    assert said.code == 1
    assert f"Line 2 of {out} cannot be read; it was skipped." in said.err
    assert "was marked abnormal before; now it is normal." in said.out
    assert "1 marks taken in." in said.out
    assert awry("review", tmp_path).code == 2
    assert awry("review", run_folder, "--take-in", tmp_path / "none").code == 2


def test_without_the_page_s_package(awry: Callable, run_folder: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    said = awry("review", run_folder)
    assert said.code == 2
    assert "pip install 'awry[review]'" in said.err
    assert awry("review", run_folder, "--export", run_folder / "marks.jsonl").code == 0
