from __future__ import annotations

import importlib

import pytest

import awry.video


def test_every_name_that_is_promised_comes_from_its_module() -> None:
    modules = awry.video._MODULES
    assert sorted(name for names in modules.values() for name in names) == awry.video.__all__
    for module, names in modules.items():
        for name in names:
            here = getattr(importlib.import_module(f"awry.video.{module}"), name)
            assert getattr(awry.video, name) is here
    with pytest.raises(AttributeError, match="has no attribute 'Reel'"):
        awry.video.Reel  # noqa: B018
