"""For those who write methods: the contract of `awry.methods.base`, as checks to call.

from awry.testing import check_method, method_checks

check_method(MyMethod)  # all of it; an AssertionError says what is not kept

@pytest.mark.parametrize("check", method_checks(MyMethod), ids=str)  # or one test each
def test_the_contract_is_kept(check):
    check()
"""

from awry.testing.contract import MethodCheck, check_method, method_checks
from awry.testing.footage import moving_square, moving_square_data

__all__ = ["MethodCheck", "check_method", "method_checks", "moving_square", "moving_square_data"]
