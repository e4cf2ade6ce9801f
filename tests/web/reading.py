"""Reading pages in tests: the tree of a page that parses without a single mistake, and the words in its elements."""

from __future__ import annotations

from http import HTTPStatus
from xml.etree import ElementTree as ET

import html5lib
from flask.testing import FlaskClient

__all__ = ["classed", "read_page", "words"]

HTML = {"Accept": "text/html"}


def read_page(client: FlaskClient, address: str, status: int = HTTPStatus.OK) -> ET.Element:
    """The page at an address, which answers with this status, as valid HTML."""
    response = client.get(address, headers=HTML)
    assert response.status_code == status, (address, response.text[:500])
    tree: ET.Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.data)
    return tree


def words(element: ET.Element | None) -> str:
    """All text in an element, with single spaces."""
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def classed(tree: ET.Element, name: str) -> list[ET.Element]:
    """The elements of a class."""
    return [each for each in tree.iter() if isinstance(each.tag, str) and name in (each.get("class") or "").split()]
