from __future__ import annotations

from pathlib import Path

from keeper_site import KeptSite


def test_which_cameras_changed(tmp_path: Path) -> None:
    made = KeptSite(tmp_path, cameras={"a": {}, "b": {"budget": "2/day"}})
    site = made.keeper.site
    assert site.configure(made.settings) == set()
    changed = made.with_cameras({"a": {}, "b": {"budget": "3/day"}, "c": {}})
    assert site.configure(changed) == {"b", "c"}
    assert site.camera("d") is None
    assert site.allowed("b", made.bundle) == 3.0
    assert site.allowed("a", made.bundle) is None
    assert site.folder("bundles/a") == str(made.settings.store / "bundles/a")
    assert site.folder("/x/a") == "/x/a"
    assert site.layout.root == made.settings.store
    made.close()
