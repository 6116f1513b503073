from __future__ import annotations

import re
from importlib.metadata import version

import awry
from awry.version import __version__


def test_the_version_is_the_installed_packages() -> None:
    assert __version__ == version("awry") == awry.__version__
    assert re.match(r"\d+\.\d+", __version__)
