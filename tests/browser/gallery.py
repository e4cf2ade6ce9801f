"""Gallery: makes docs/gallery.md and its pictures from the project's own data, for `make gallery`."""

from __future__ import annotations

import base64
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, open_page
from tests.browser.looking import KINDS, ROOT, Kind
from tests.conftest import running_server
from uphold.build.pipeline import build
from uphold.settings import Settings

PAGE = ROOT / "docs" / "gallery.md"
FOLDER = ROOT / "docs" / "gallery"
HEAD = """# What the pages look like

`make gallery` takes these pictures of the project's own data, in Chromium. Each page works without scripts too.
"""
TO_WEBP = """async (png) => {
  const picture = await createImageBitmap(await (await fetch(png)).blob());
  const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", 0.8);
}"""


@dataclass(frozen=True)
class Picture:
    """One picture: a row of the table."""

    name: str
    page: str
    title: str
    caption: str
    address: str = ""
    until: str = ""
    at: str = ""
    width: int = 1440
    height: int = 1000
    scheme: str = "light"

    @property
    def kind(self) -> Kind:
        """The kind of page that it shows."""
        return next(kind for kind in KINDS if kind.name == self.page)

    @property
    def path(self) -> Path:
        """The file that it is stored in."""
        return FOLDER / f"{self.name}.webp"


TABLE = tomllib.loads((Path(__file__).parent / "gallery.toml").read_text("utf-8"))
PICTURES = [Picture(name, **row) for name, row in TABLE.items()]


def written() -> str:
    """The text of the page."""
    return "\n".join([HEAD, *(section(picture) for picture in PICTURES)])


def section(picture: Picture) -> str:
    """What the page says of one picture."""
    place = picture.path.relative_to(PAGE.parent).as_posix()
    return f"## {picture.title}\n\n{picture.caption}\n\n![{picture.title}]({place})\n"


def taken(browser: Browser, served: str) -> Iterator[tuple[Path, bytes]]:
    """Each picture as WebP, which a blank page of the browser makes of it: it is a third as large as PNG."""
    for picture in PICTURES:
        with open_page(
            browser, picture.width, picture.scheme, device_scale_factor=2 if picture.width < 1000 else 1
        ) as visit:
            visit.page.set_viewport_size({"width": picture.width, "height": picture.height})
            visit.page.goto(f"{served}{picture.address or picture.kind.address}")
            if until := picture.until or picture.kind.until:
                visit.page.locator(until).first.wait_for()
            if picture.at:
                visit.page.locator(picture.at).evaluate("element => element.scrollIntoView()")
            shot = base64.b64encode(visit.page.screenshot()).decode()
            visit.page.goto("about:blank")
            packed = visit.page.evaluate(TO_WEBP, f"data:image/png;base64,{shot}")
        yield picture.path, base64.b64decode(packed.partition(",")[2])


def make() -> None:
    """Build the project's data, serve them, and write the page and all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        settings = Settings(state=Path(state))
        build(settings)
        with running_server(settings) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for path, content in taken(browser, served):
                path.write_bytes(content)
                print(f"{path.relative_to(ROOT)}: {len(content) / 1000:.0f} kB")
    PAGE.write_text(written(), "utf-8")


if __name__ == "__main__":
    make()
