"""Shapes: queries without their constants, so that what is found out about one query holds for others like it.

A constant is a whole token of plain characters: an absolute IRI, a string in double quotes or a whole number. However
the query is read, such a token is neither of another kind nor several. All else belongs to the shape, even prefixes and
comments.
"""

from __future__ import annotations

import re
from itertools import chain, zip_longest
from typing import NamedTuple

from uphold.sparql.lexer import COMMENT, IRI, STRING

__all__ = ["Shape", "filled", "shape_of"]

LONGEST = 4_000
"""Characters of a query up to which it has a shape: longer ones take their time anyway."""

CONSTANT = re.compile(
    rf"""(?=[<"'\#0-9Pp])(?:  # most characters begin none of these
      ( <[A-Za-z][A-Za-z0-9+.-]*+://[A-Za-z0-9/\#:._~-]*+>
      | "(?!"")[\w\ .,:]*+"
      | (?<![\w.:?$@%^+-])[0-9]{{1,18}}+(?![\w.:]) )
    | ( {STRING} | {IRI} | {COMMENT} | \b(?i:PREFIX)\s*+[\w.-]*+:\s*+{IRI} ))""",
    re.VERBOSE,
)
KINDS = {"<": "<", '"': '"'}


class Shape(NamedTuple):
    """What all queries of a shape have in common, and the constants of one of them.

    The parts come in threes: plain text, then either the kind of a constant or a token that is none.
    """

    parts: tuple[str | None, ...]
    constants: tuple[str, ...]

    def pieces(self) -> tuple[str, ...]:
        """The text before, between and after the constants."""
        found, piece = list[str](), ""
        for plain, kind, other in zip_longest(self.parts[::3], self.parts[1::3], self.parts[2::3]):
            piece += plain or ""
            if kind is not None:
                found.append(piece)
                piece = ""
            piece += other or ""
        return (*found, piece)


def shape_of(text: str) -> Shape | None:
    """The shape of a query; None for one that is long, or has escape sequences, which could stand for anything."""
    if len(text) > LONGEST or "\\" in text:
        return None
    parts = CONSTANT.split(text)
    constants = parts[1::3]
    parts[1::3] = [each and KINDS.get(each[0], "0") for each in constants]
    return Shape(tuple(parts), tuple(filter(None, constants)))


def filled(pieces: tuple[str, ...], constants: tuple[str, ...]) -> str:
    """A text with constants between its pieces."""
    return "".join([*chain.from_iterable(zip(pieces, constants, strict=False)), pieces[-1]])
