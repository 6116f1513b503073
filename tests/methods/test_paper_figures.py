from __future__ import annotations

import pytest

from awry.errors import ConfigError
from awry.methods.paper_figures import PaperFigures, Timeline, load_figures


def test_a_kind_knows_its_settings() -> None:
    figures = load_figures("awry.methods.ssmtl").figures
    second = figures[1]
    assert isinstance(second, Timeline)
    assert (second.clip, second.datasets) == ("04", ("avenue",))
    assert load_figures("awry.methods.attributes") == PaperFigures()


def test_bad_facts_are_refused(tmp_path, monkeypatch) -> None:
    package = tmp_path / "made_up_paper"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "figures.json").write_text('{"figures": [{"kind": "timelime"}]}')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"figures\.json of made_up_paper is not as expected"):
        load_figures("made_up_paper")
