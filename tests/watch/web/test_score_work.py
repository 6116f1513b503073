"""Work on days of scores is done one at a time."""

from __future__ import annotations

import pytest

from awry.errors import InputError
from awry.watch.web.refusals import RefusedError
from awry.watch.web.score_work import longest_event_of, score_work
from web_site import Here


def test_one_at_a_time_and_again_after_a_failure() -> None:
    with score_work(), pytest.raises(RefusedError) as refused, score_work():
        pass
    assert refused.value.status == 429
    with pytest.raises(RefusedError, match="no scores") as refused, score_work():
        raise InputError("There are no scores.")
    assert refused.value.status == 409
    with pytest.raises(RefusedError) as refused, score_work():
        raise RefusedError(404, "There is no camera.")
    assert refused.value.status == 404
    with score_work():
        pass


def test_when_an_event_is_cut_is_the_camera_s_own(here: Here) -> None:
    api = here.app.state.api
    assert longest_event_of(api, "door") == 300.0
    file = here.root / "site.yaml"
    file.write_text(file.read_text().replace("budget: 2/day", "longest_event_s: 20s"))
    assert longest_event_of(api, "door") == 20.0
    file.write_text("cameras: [")
    assert longest_event_of(api, "door") == 300.0
