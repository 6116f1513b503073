from __future__ import annotations

import pytest

from awry.errors import ConfigError
from awry.methods.attributes import Attributes
from awry.methods.attributes.config import AttributesConfig


def test_steps_are_seconds_whatever_the_rate() -> None:
    config = AttributesConfig(step_s=0.1, around_s=0.3, fps=20.0)
    assert [config.stride(fps) for fps in (10.0, 25.0, 4.0, None)] == [1, 2, 1, 2]
    assert [config.around(fps) for fps in (10.0, 25.0, 1.0, None)] == [3, 8, 1, 6]
    assert config.seconds(25.0) == pytest.approx(0.08)
    assert AttributesConfig().seconds(25.0) == pytest.approx(0.04)
    assert AttributesConfig().seconds(None) == pytest.approx(0.1)


def test_without_a_classifier_there_are_no_deep_features() -> None:
    assert AttributesConfig(classifier="none").used == ("velocity",)
    assert AttributesConfig().used == ("velocity", "deep")
    with pytest.raises(ConfigError, match="need a classifier"):
        Attributes.configure("paper", {"classifier": "none", "attributes": ["deep"]})


def test_one_density_for_all_or_each_its_own() -> None:
    own = AttributesConfig()
    assert (own.density_of("velocity"), own.density_of("deep")) == ("mixture", "knn")
    assert AttributesConfig(density="mulde").density_of("deep") == "mulde"


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"attributes": ["deep", "deep"]}, "once"), ({"quantile": {"deep": 0.0}}, "quantiles")],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Attributes.configure("cpu", changes)
