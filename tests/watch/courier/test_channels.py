from __future__ import annotations

from awry.errors import AwryError
from awry.watch.courier.channels import UndeliveredError


def test_an_error_says_whether_to_try_again() -> None:
    error = UndeliveredError("No.", again=False, wait_s=3)
    assert isinstance(error, AwryError)
    assert (str(error), error.again, error.wait_s) == ("No.", False, 3)
    assert UndeliveredError("No.").again
