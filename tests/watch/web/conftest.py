"""Sites with an API, for the tests of the web process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from web_site import Here, build, make, people


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a site, without people."""
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def peopled(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a site with people and tokens."""
    here = make(template, tmp_path_factory.mktemp("peopled"))
    people(here)
    here.database.close()
    return here.root


@pytest.fixture
def empty(template: Path, tmp_path: Path) -> Iterator[Here]:
    """A site without users."""
    here = make(template, tmp_path / "site")
    yield here
    here.database.close()


@pytest.fixture
def here(peopled: Path, tmp_path: Path) -> Iterator[Here]:
    """A site with people and tokens."""
    here = make(peopled, tmp_path / "site")
    yield here
    here.database.close()
