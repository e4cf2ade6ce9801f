"""Looking: a kind of page as tests/browser/pages.toml has it, and what a browser reports of it in one visit."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Request
from playwright.sync_api import TimeoutError as NotInTime

from tests.browser.conftest import AXE, LOOKS, Visit, open_page

ROOT = Path(__file__).parents[2]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """([others, rules]) => axe.run({exclude: others}, {runOnly: rules, resultTypes: ["violations"]})"""
POSTED_BY_AXE = "Failed to execute 'postMessage' on 'DOMWindow': The target origin provided"
"""What Chromium says when axe-core looks for itself in a frame with a sandbox; no script of ours posts messages."""
NARROWEST = 320
MOST_KILOBYTES = 100
NOT_WEIGHED = ("/static/vendor/", ".svg", ".png")
SOON_MS = 5_000


@dataclass(frozen=True)
class Kind:
    """A kind of page: a row of the table."""

    name: str
    address: str
    shows: list[list[str]]
    until: str = ""
    others: list[str] = field(default_factory=list)
    status: int = 200
    gathers: bool = False


@dataclass(frozen=True)
class Seen:
    """What a browser reported of a page."""

    status: int
    missing: list[list[str]]
    barriers: list[str]
    complaints: list[str]
    elsewhere: list[str]
    too_wide: list[int]
    first_headings: list[str]
    kilobytes: float

    def faults(self, kind: Kind) -> dict[str, list[Any]]:
        """What is wrong with the page, by what it breaks; empty if it holds what it promises."""
        found: dict[str, list[Any]] = {
            "status": [] if self.status == kind.status else [self.status],
            "missing": self.missing,
            "barriers": self.barriers,
            "complaints": self.complaints,
            "elsewhere": self.elsewhere,
            "too wide": self.too_wide,
            "first headings": [] if len(self.first_headings) == 1 else [self.first_headings],
            "kilobytes": [] if self.kilobytes <= MOST_KILOBYTES else [self.kilobytes],
        }
        return {name: some for name, some in found.items() if some}


KINDS = [Kind(name, **row) for name, row in tomllib.loads((Path(__file__).parent / "pages.toml").read_text()).items()]


def look(browser: Browser, served: str, kind: Kind, appearance: str) -> Seen:
    """Open a page in a fresh context and report all that there is to report."""
    width, scheme = LOOKS[appearance]
    with open_page(browser, width, scheme) as visit:
        finished: dict[str, Request] = {}
        visit.page.on("requestfinished", lambda request: finished.update({request.url: request}))
        answer = visit.page.goto(f"{served}{kind.address}")
        assert answer is not None
        if kind.until:
            visit.page.locator(kind.until).first.wait_for()
        return Seen(
            status=answer.status,
            missing=[part for part in kind.shows if not shown(visit.page, *part)],
            kilobytes=weigh([*finished.values()]),
            barriers=list(barriers(visit.page, kind.others)),
            complaints=list(complaints(visit, kind.status)),
            elsewhere=visit.requests_elsewhere(served),
            first_headings=first_headings(visit.page, kind.others),
            too_wide=list(too_wide(visit, width)),
        )


def shown(page: Page, role: Any, name: str) -> bool:
    """Whether a reader soon finds something of this role with this name, or this text."""
    found = page.get_by_text(name) if role == "text" else page.get_by_role(role, name=name or None)
    try:
        found.filter(visible=True).first.wait_for(timeout=SOON_MS)
    except NotInTime:
        return False
    return True


def barriers(page: Page, others: list[str]) -> Iterator[str]:
    """What prevents somebody from reading or using a page, as axe-core finds it, a line each."""
    page.evaluate(AXE.read_text("utf-8"))
    for rule in page.evaluate(RUN_AXE, [others, RULES])["violations"]:
        for node in rule["nodes"]:
            yield f"{rule['id']}: {rule['help']}: {node['target']} {node['html'][:160]}"


def complaints(visit: Visit, status: int) -> Iterator[str]:
    """What the browser said of the page, but for the expected status."""
    for said in visit.complaints:
        if f"status of {status}" not in said and not said.startswith(POSTED_BY_AXE):
            yield said


def first_headings(page: Page, others: list[str]) -> list[str]:
    """The texts of the headings of the first level."""
    ours = page.locator("h1" + "".join(f":not({part} h1)" for part in others))
    return ours.all_inner_texts()


def too_wide(visit: Visit, width: int) -> Iterator[int]:
    """The widths at which the page would have to be scrolled sideways."""
    for each in {width, min(width, NARROWEST)} if width < 1000 else {width}:
        visit.page.set_viewport_size({"width": each, "height": 900})
        if not visit.fits():
            yield each


def weigh(requests: list[Request]) -> float:
    """The kilobytes that travel, compressed as they are, but for charts and for what others wrote."""
    weighed = [request for request in requests if not any(part in request.url for part in NOT_WEIGHED)]
    return sum(request.sizes()["responseBodySize"] for request in weighed) / 1000
