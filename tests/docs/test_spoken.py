"""The sentences that Python says are found in its source."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from support import docs_script

MODULE = '''
"""A module. It has a sentence of its own."""

TABLE = {"description": "For programs alone."}


@route(description="For programs too.")
def say(name, count, why):
    """Say it. This is no sentence for people."""
    log.info("For the log alone.")
    if not name:
        raise RefusedError(404, f"There is no camera {quoted(name)!r} here.")
    told(f"{why} It has {count} alarm{'' if count == 1 else 's'}.")
    told(f"The fit failed: {self.error}")
    told(f"It took {100 * share:.0f} % of {self.length} and {other.length}.")
    told("No sentence", f"{a}.{b}", ".")
    told("Its reason follows. " f"{why}")
'''


@pytest.fixture(scope="module")
def spoken() -> ModuleType:
    return docs_script("spoken")


def test_sentences_with_placeholders(spoken: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(MODULE)
    assert [text for _, text in spoken.spoken(path)] == [
        "There is no camera %(name)s here.",
        "It has %(count)s alarm.",
        "It has %(count)s alarms.",
        "The fit failed: %(error)s",
        "It took %(share)s %% of %(length)s and %(length2)s.",
        "Its reason follows.",
    ]
    assert next(spoken.spoken(path))[0] == 12
