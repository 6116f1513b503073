"""What the package offers is loaded when it is asked for."""

from __future__ import annotations

import pytest

from awry.watch import supervisor
from awry.watch.supervisor import asking, run


def test_what_it_offers() -> None:
    assert supervisor.run_site is run.run_site
    assert (supervisor.request, supervisor.processes) == (asking.request, asking.processes)
    with pytest.raises(AttributeError, match="no attribute 'ask'"):
        supervisor.ask  # noqa: B018
