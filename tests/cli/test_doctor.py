from __future__ import annotations

from awry.cli.doctor import show_examination


def test_doctor_says_what_to_do_in_full(awry, capsys) -> None:
    rows = {row["name"]: row for row in awry("doctor", "--json").json}
    assert rows["torch"]["there"] is True
    assert awry("doctor").code == 0
    cure = "for Parquet: pip install 'awry[parquet]'"
    show_examination([{"name": "pyarrow", "there": False, "about": cure}])
    assert cure in capsys.readouterr().out
