from __future__ import annotations

import pytest
import torch

from awry.errors import BundleError, TrainingError
from awry.methods.base import Setting
from awry.methods.ssmtl import SSMTL
from awry.methods.ssmtl.config import SSMTLConfig

from .conftest import SMALL, MakeModel


def test_a_model_comes_back_from_its_state(make_model: MakeModel) -> None:
    method, other = (SSMTL(SSMTLConfig(**SMALL)) for _ in range(2))
    method.model = make_model()
    tensors = method.state()
    other.load_state(dict(tensors))
    again = other.state()
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[name], value) for name, value in tensors.items())
    del tensors[next(iter(tensors))]  # weights of parts, at the end, older bundles do not have
    with pytest.raises(BundleError, match="tensors do not fit its SSMTL settings"):
        other.load_state(tensors)


def test_what_is_not_fitted_has_no_state_and_cannot_score() -> None:
    method = SSMTL(SSMTLConfig(**SMALL))
    for use in (method.state, method.graphs, lambda: method.scorer(Setting())):
        with pytest.raises(TrainingError, match="This SSMTL has not been fitted"):
            use()
