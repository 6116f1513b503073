from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awry.errors import ConfigError
from awry.methods.paper_figures import Moments
from awry.progress import Silent
from awry.studies.figures.job import Job, Request
from awry.studies.figures.listing import chosen_figures


def job_of(name: str, out: Path, data: Any, bundles: tuple[Any, ...] = (), **given: Any) -> Any:
    ((_, method, spec),) = chosen_figures(name)
    plain: dict[str, Any] = {"scale": None, "seeds": [0], "changes": {}, "clip": None}
    plain |= {"frames": (), "amounts": (), "methods": None, "threshold": None, "reporter": Silent()}
    return Job.of(spec, method, Request(out, data, bundles, **(plain | given)))


def test_fits_with_one_setting_share_their_files(footage: Any, tmp_path: Path) -> None:
    """Figs. 7 and 8 need one fit; Fig. 9 needs it and one without attention."""
    seventh, eighth, ninth = (job_of(f"mtla-fig{n}", tmp_path, footage) for n in (7, 8, 9))
    assert isinstance(ninth.spec, Moments)
    keys = {label: ninth.fit(label).key for label in ninth.spec.fits}
    assert seventh.fit("").key == eighth.fit("").key == keys["with attention"]
    assert keys["without attention"] != keys["with attention"]
    assert "cpu" in keys["with attention"]
    assert job_of("mtla-fig7", tmp_path, footage, scale="tiny").fit("").scale == "tiny"


def test_what_kind_of_bundle_a_figure_takes(
    footage: Any, flow_detector: Any, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="needs an archive that awry sift --merged ranked"):
        job_of("sdor-fig3", tmp_path, footage, (flow_detector,)).run()
    job = job_of("ssmtl-fig9", tmp_path, footage, (flow_detector,))
    assert job.detector() is flow_detector
    given = job_of("ssmtl-fig9", tmp_path, footage, (flow_detector,), threshold=2.5)
    assert given.detector().calibration.scene("*").threshold == 2.5
    assert job.about_bundles() == ["The bundle given is of flow; the paper's figure is of ssmtl."]


def test_moving_digits_need_no_data(footage: Any, tmp_path: Path) -> None:
    assert job_of("daml-fig7", tmp_path, footage).data.name == "digits"
    assert job_of("daml-fig7", tmp_path, None).data.name == "digits"
    with pytest.raises(ConfigError, match="the paper shows avenue"):
        job_of("ssmtl-fig2", tmp_path, None)
