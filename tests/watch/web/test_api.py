"""What the routes share: reading, and writing by the keeper."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from awry.watch.messages import Answer
from awry.watch.requests import Pin
from awry.watch.web.api import Api, KeeperAwayError
from awry.watch.web.refusals import RefusedError
from web_site import Here


@pytest.fixture
def api(here: Here) -> Api:
    found: Api = here.app.state.api
    return found


def test_a_write_is_asked_for_in_somebodys_name(here: Here, api: Api) -> None:
    assert api.write(Pin(event="e1"), "anna") == {}
    assert [(one.action, one.by) for one in here.asked] == [("pin", "anna")]


def test_what_the_keeper_says_is_given_back_or_refused(api: Api) -> None:
    api.ask = lambda request: Answer(request.uid, '{"a": 1}')
    assert api.write(Pin(event="e1"), "") == {"a": 1}
    api.ask = lambda request: Answer(request.uid, error="No.")
    with pytest.raises(RefusedError, match=r"No\.") as caught:
        api.write(Pin(event="e1"), "")
    assert caught.value.status == 409


def test_a_keeper_that_is_away(api: Api) -> None:
    def away(request: Any = None) -> Answer:
        raise KeeperAwayError

    api.ask = api.reload = away
    for write in (lambda: api.write(Pin(event="e1"), ""), api.reload_site):
        with pytest.raises(RefusedError, match="does not answer") as caught:
            write()
        assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "5"})


def test_a_store_that_cannot_be_read(api: Api) -> None:
    with pytest.raises(RefusedError, match="cannot be read") as caught, api.reading() as session:
        session.execute(text("select * from none"))
    assert caught.value.status == 503
