"""What several systems say is brought to the same boxes."""

from __future__ import annotations

import numpy as np

from awry.frames import FrameScore, Region
from awry.methods.fused.evidence import gather, parts_of

SIZE = (40, 80)


def heat(row: int, column: int, value: float) -> np.ndarray:
    """A map of 10 x 20 positions with one high one."""
    values = np.zeros((10, 20), np.float32)
    values[row, column] = value
    return values


def frame(score: float, *regions: Region, map: np.ndarray | None = None) -> FrameScore:
    return FrameScore(7, 0.7, score, {"own": score}, map, regions)


def test_a_map_speaks_of_another_s_objects_by_their_centres() -> None:
    person = Region((0, 0, 15, 15), 3.0, {"speed": 1.0}, "person")
    dog = Region((40, 20, 59, 39), 2.0)
    found = gather([frame(3.0, person, dog), frame(5.0, map=heat(2, 2, 5.0))], SIZE)
    assert [place.box for place in found.places] == [person.box, dog.box]
    np.testing.assert_array_equal(found.inside, [[3.0, 5.0], [2.0, 0.0]])
    np.testing.assert_array_equal(found.whole, [3.0, 5.0])
    assert found.places[0].class_name == "person"


def test_a_neighbour_inside_a_box_is_not_its_object() -> None:
    person = Region((0, 0, 15, 15), 3.0)
    found = gather([frame(3.0, person), frame(9.0, map=heat(3, 3, 9.0))], SIZE)
    np.testing.assert_array_equal(found.inside, [[3.0, 0.0]])


def test_two_systems_boxes_of_one_object_are_one_place() -> None:
    one, other = Region((0, 0, 19, 19), 3.0), Region((1, 1, 20, 20), 4.0, {}, "dog")
    far = Region((60, 0, 79, 19), 1.0)
    found = gather([frame(3.0, one), frame(4.0, other, far)], SIZE)
    assert [place.box for place in found.places] == [one.box, far.box]
    np.testing.assert_array_equal(found.inside, [[3.0, 4.0], [np.nan, 1.0]])
    assert found.places[0].class_name == "dog"


def test_two_boxes_of_one_system_stay_two() -> None:
    """A detector may see two people one before the other."""
    found = gather([frame(3.0, Region((0, 0, 19, 19), 3.0), Region((2, 0, 21, 19), 2.0))], SIZE)
    assert len(found.places) == 2


def test_what_no_detector_sees_is_a_place_by_a_map() -> None:
    person = Region((0, 0, 15, 15), 3.0)
    found = gather([frame(3.0, person), frame(9.0, map=heat(7, 15, 9.0))], SIZE)
    assert [place.box for place in found.places] == [person.box, (60.0, 28.0, 63.0, 31.0)]
    np.testing.assert_array_equal(found.inside, [[3.0, 0.0], [np.nan, 9.0]])


def test_where_a_map_alone_shows_a_place_all_are_asked_at_its_peak() -> None:
    """A wide map's place takes in much of the picture, and what others find strange there."""
    wide = np.full((10, 20), 4.0, np.float32)
    wide[5, 10] = 5.0
    found = gather([frame(5.0, map=wide), frame(9.0, map=heat(2, 18, 9.0))], SIZE)
    first, second = found.places
    assert (first.point, second.point) == ((42.0, 22.0), (74.0, 10.0))
    np.testing.assert_array_equal(found.inside, [[5.0, 0.0], [4.0, 9.0]])


def test_a_frame_without_anything_has_no_place() -> None:
    found = gather([frame(1.0), frame(2.0, map=np.zeros((4, 4), np.float32))], SIZE)
    assert found.places == ()
    assert found.inside.shape == (0, 2)


def test_parts_carry_the_system_s_label() -> None:
    unscored = FrameScore(0, None, None)
    assert parts_of(("a", "b", "c"), [frame(1.0), frame(2.0), unscored]) == {
        "a": 1.0,
        "a.own": 1.0,
        "b": 2.0,
        "b.own": 2.0,
    }
