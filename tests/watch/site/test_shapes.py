from __future__ import annotations

from awry.watch.site.model import Camera, Learning, Site
from awry.watch.site.shapes import fields_of, shape_of


def test_shapes_of_the_model_s_settings() -> None:
    def kind(part: type, name: str) -> str:
        return shape_of(part.model_fields[name].annotation).kind

    assert kind(Camera, "detect") == "secret"
    assert kind(Camera, "bundle") == "path"
    assert kind(Camera, "learn") == "part"
    assert kind(Camera, "zones") == "list"
    assert kind(Site, "schedules") == "mapping"
    assert kind(Learning, "options") == "mapping"
    assert shape_of(Site.model_fields["mqtt"].annotation).optional
    assert not shape_of(Site.model_fields["name"].annotation).optional


def test_every_setting_has_words() -> None:
    for part in (Site, Camera):
        for field in fields_of(part).values():
            assert shape_of(field.annotation).words != "another value"
    words = shape_of(Camera.model_fields["recording"].annotation).words
    assert words == "`copy`, `masked` or `off`"


def test_a_camera_s_name_is_its_key() -> None:
    assert "name" not in fields_of(Camera)
    assert "name" in fields_of(Site)
