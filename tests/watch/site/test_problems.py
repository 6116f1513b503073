from __future__ import annotations

from awry.errors import ConfigError
from awry.watch.site.problems import Problem, SiteError


def test_where_a_problem_is() -> None:
    problem = Problem(("cameras", "door", "zones", 1), 7, "expected a list")
    assert problem.camera == "door"
    assert str(problem) == "line 7, cameras.door.zones[1]: expected a list"
    assert Problem(("web",), None, "x").camera == ""
    assert str(Problem((), None, "nothing in it")) == "nothing in it"


def test_an_error_tells_the_first_ones_and_knows_all() -> None:
    problems = [Problem(("a",), number, "wrong") for number in range(1, 9)]
    error = SiteError("site.yaml", problems)
    assert isinstance(error, ConfigError)
    assert error.problems == tuple(problems)
    assert str(error).startswith("site.yaml has 8 mistakes: line 1, a: wrong; line 2")
    assert str(error).endswith("; and 3 more.")
    assert str(SiteError("s", problems[:1])) == "s has a mistake: line 1, a: wrong."
