"""Where memory is short, the settings and options that need less are named."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from awry.devices import PROCESSOR, Compute
from awry.methods.registry import method_class
from awry.methods.smaller import smaller_fit


class Config(BaseModel):
    batch: int = 8
    frame_batch: int | None = None


@pytest.mark.parametrize(
    ("config", "names", "compute", "said"),
    [
        (Config(), ["batch"], PROCESSOR, "(--set batch=4, now 8) or --precision bf16."),
        (Config(batch=1), ["batch"], PROCESSOR, "Try --precision bf16."),
        (Config(), ["frame_batch"], PROCESSOR, "(--set frame_batch=...) or --precision bf16."),
        (Config(batch=2), ["batch"], Compute("cuda:0", "16"), "now 2) or --device cpu."),
        (Config(batch=1), ["batch"], Compute("cpu", "16"), "Try smaller pictures or another"),
        (Config(), ["unknown"], PROCESSOR, "Try --precision bf16."),
    ],
)
def test_what_helps_is_named(config: Config, names: list[str], compute: Compute, said: str) -> None:
    assert said in smaller_fit(config, names, compute)


TRAINED = ("attributes", "convae", "daml", "ffp", "memae", "mtla", "sdor", "ssmtl")


@pytest.mark.parametrize("name", TRAINED)
def test_trained_methods_name_settings_that_they_have(name: str) -> None:
    method = method_class(name)
    assert method.batch_settings
    for setting in method.batch_settings:
        assert setting in method.Config.model_fields
