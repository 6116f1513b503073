"""Pictures of every page of `awry watch`, for docs/images/watch: of the demo, at its first alarm.

Sizes are 400, 1280 and 2560 pixels, light and dark. Nothing is touched up afterwards.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from awry.watch.accounts import add_user
from awry.watch.demo_site.demo import DemoSite, make_demo
from watch_live.pages.browser import PASSWORD, Page, chromium
from watch_live.receivers import free_port
from watch_live.running import Site

OUT = Path(__file__).parent / "images" / "watch"
SIZES = {400: 800, 1280: 900, 2560: 1440}
"""Width -> height of the window."""
PAGES = {
    "now": "/",
    "camera": "/cameras/square",
    "events": "/events",
    "event": "/events/UID",
    "timeline": "/timeline?from=SINCE&to=UNTIL&at=PEAK",
    "sensitivity": "/cameras/square/sensitivity",
    "zones": "/cameras/square/zones",
    "teach": "/cameras/square/teach",
    "system": "/system",
    "add": "/add",
    "account": "/account",
}
QUALITY = 72
MOST_BYTES = 3 * 2**20
# The largest pictures are shown small on a page; so much of their width is kept.
LARGEST = 1600
# What a page still draws after it was loaded: curves, previews, live pictures.
SETTLE_S = 3.0
# What the timeline shows of the time before its alarm.
AROUND_S = 1800.0


def saved(page: Page, name: str) -> None:
    """The window as a compact picture."""
    with Image.open(io.BytesIO(page.driver.get_screenshot_as_png())) as shot:
        picture = shot.convert("RGB")
        if picture.width > LARGEST:
            height = round(picture.height * LARGEST / picture.width)
            picture = picture.resize((LARGEST, height), Image.Resampling.LANCZOS)
        picture.save(OUT / f"{name}.webp", quality=QUALITY, method=6)


def take(page: Page, name: str, path: str) -> None:
    """A page, in every size, light and dark."""
    for dark in (False, True):
        page.look(dark=dark, still=True)
        for width, height in SIZES.items():
            page.size(width, height)
            page.open(path)
            page.until(lambda: page.all("main h1"))
            time.sleep(SETTLE_S)
            saved(page, f"{name}-{width}{'-dark' if dark else ''}")


def alarm_of(site: Site) -> tuple[str, float]:
    """Uid and peak of the first alarm of the square that has ended, since the start."""
    since = time.time()
    query = (
        "select event.uid, event.peak_at from event join clip on clip.event = event.uid where"
        " event.camera = 'square' and event.state = 'ended' and told = 1 and event.start > ?"
    )
    uid, peak = site.wait(lambda: site.rows(query, since), 240)[0]
    return str(uid), float(peak)


def addresses(uid: str, peak: float) -> dict[str, str]:
    """Name -> address of each page, with an alarm in the middle of what it shows."""
    times = {"SINCE": peak - AROUND_S, "UNTIL": peak + AROUND_S / 2, "PEAK": peak}
    found = {}
    for name, path in PAGES.items():
        path = path.replace("UID", uid)
        for word, at in times.items():
            path = path.replace(word, f"{at:.1f}")
        found[name] = path
    return found


def first_run(driver: Any, folder: Path) -> None:
    """The first page of a site that has no users yet."""
    port = free_port()
    file = folder / "site.yaml"
    file.write_text(f"store: store\nweb: {{port: {port}}}\ncameras: {{}}\n")
    file.chmod(0o600)
    site = Site(file)
    try:
        page = Page(driver, f"http://127.0.0.1:{port}")
        site.wait(lambda: page.address in site.log.read_text())
        page.fresh()
        take(page, "setup", "/setup")
    finally:
        site.end()


def pictured(demo: DemoSite, driver: Any) -> None:
    """Run the demo until its first alarm, and take the pictures."""
    site = Site(demo.file)
    try:
        uid, peak = alarm_of(site)
        page = Page(driver, demo.address)
        page.fresh()
        take(page, "login", "/login")
        page.log_in("anna", PASSWORD)
        for name, path in addresses(uid, peak).items():
            take(page, name, path)
        if said := page.console():
            sys.exit("\n".join(said))
    finally:
        site.end()


def main() -> None:
    """Make all pictures anew."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as driver:
        new, shown = (Path(folder) / name for name in ("new", "demo"))
        new.mkdir()
        shown.mkdir()
        first_run(driver, new)
        demo = make_demo(shown, port=0)
        add_user(demo.file, "anna", role="admin", password=PASSWORD)
        pictured(demo, driver)
    size = sum(file.stat().st_size for file in OUT.glob("*.webp"))
    print(f"{OUT}: {len(list(OUT.glob('*.webp')))} pictures, {size / 2**20:.1f} MiB")
    if size > MOST_BYTES:
        sys.exit(f"They take more than {MOST_BYTES / 2**20:.0f} MiB: lower QUALITY or LARGEST.")


if __name__ == "__main__":
    main()
