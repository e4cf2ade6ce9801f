"""XML output: the engine's XML, corrected so that a parser returns the same characters, or refused.

A literal carriage return becomes a line feed in every XML parser (XML 1.0, 2.11), so it is written as a character
reference. XML cannot represent most control characters (2.2), and RDF/XML cannot represent a property or a class whose
IRI does not end in an XML name.
"""

from __future__ import annotations

import re

__all__ = ["XmlOutput", "as_xml"]

NO_CHARACTER = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
NO_NAME = re.compile(rb"<oxprefix: |<xmlns:")
"""The engine's element for an IRI that it cannot split, or whose namespace is that of xmlns itself."""

LONGEST = len(b"<oxprefix: ")


class XmlOutput:
    """One XML document in chunks."""

    def __init__(self) -> None:
        self.end = b""

    def clean(self, piece: bytes) -> bytes:
        """The next chunk, corrected; raises `ValueError` for content that XML cannot represent."""
        looked_at = self.end + piece
        if NO_CHARACTER.search(looked_at):
            raise ValueError("it has a control character, which XML cannot represent")
        if NO_NAME.search(looked_at):
            raise ValueError("it has a property or a class whose IRI does not end in an XML name")
        self.end = looked_at[1 - LONGEST :]
        return piece.replace(b"\r", b"&#xD;")


def as_xml(document: bytes) -> bytes:
    """A whole document, corrected; raises `ValueError` for content that XML cannot represent."""
    return XmlOutput().clean(document)
