"""Guards: what can be told of a text before any parser sees it, by scanners that do not recurse.

Parsers of RDF follow nesting as deep as it goes, and expand the entities of a document type. So depth is counted, and
document types are refused, here; the contexts of JSON-LD are for `intake_json`. Each scanner knows the tokens of its
language, not its grammar, and takes time that grows with the text only.
"""

from __future__ import annotations

import re

from uphold.errors import BodySyntaxError, BodyTooDeep, UnsafeBody

__all__ = ["guard"]

TURTLE = re.compile(
    r"""
      (?P<skip> \#[^\r\n]*+ | \\. | [^\#\\"'<(\[{)\]}]++ )
    | (?P<string> \"{3} (?: [^"\\]++ | \\. | \"{1,2} (?!\") )*+ \"{3} | '{3} (?: [^'\\]++ | \\. | '{1,2} (?!') )*+ '{3}
                | (?!\"{3}) " (?: [^"\\\r\n]++ | \\. )*+ " | (?!'{3}) ' (?: [^'\\\r\n]++ | \\. )*+ ' )
    | (?P<iri> < (?: [^\x00-\x20<>"{}|^`\\]++ | \\[uU][0-9A-Fa-f]{4} )*+ > )
    | (?P<open> [(\[{] ) | (?P<close> [)\]}] ) | (?P<unclosed> ["'] ) | (?P<bad> < )
    """,
    re.VERBOSE | re.DOTALL,
)
JSON = re.compile(r'(?P<string>"(?:[^"\\]++|\\.)*+")|(?P<open>[\[{])|(?P<close>[\]}])|(?P<unclosed>")', re.DOTALL)
XML = re.compile(
    r"""
      (?P<skip> [^<]++ | <!--(?:[^-]++|-(?!->))*+-->
              | <!\[CDATA\[(?:[^\]]++|\](?!\]>))*+\]\]> | <\?(?:[^?]++|\?(?!>))*+\?> )
    | (?P<close> </[^<>]*+> )
    | (?P<open> <(?![!?/]) (?: [^<>"'/]++ | "[^"<]*+" | '[^'<]*+' | /(?!>) )*+ (?P<empty>/?) > )
    | (?P<declared> <! ) | (?P<unclosed> < )
    """,
    re.VERBOSE,
)
XML_ENCODING = re.compile(r"\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"'>]*)[\"']")
LANGUAGES = {
    "application/ld+json": JSON,
    "application/json": JSON,
    "application/rdf+xml": XML,
    "text/turtle": TURTLE,
    "application/trig": TURTLE,
    "application/n-triples": TURTLE,
    "application/n-quads": TURTLE,
}
FAULTS = {
    "unclosed": "What begins here is not closed.",
    "bad": "The IRI that begins here is not closed, or holds a space, a quote or what else no IRI may have.",
}


def guard(text: str, media_type: str, max_depth: int) -> None:
    """Refuse a text of RDF that is nested too deeply, or that calls for more than it holds.

    Raises `BodyTooDeep`, `UnsafeBody` or `BodySyntaxError`.
    """
    scanner = LANGUAGES.get(media_type)
    if scanner is None:
        return  # a table has no nesting
    depth = 0
    for found in scanner.finditer(text):
        kind = found.lastgroup or ""
        if kind in FAULTS:
            raise BodySyntaxError(FAULTS[kind], *line_column(text, found.start()))
        if kind == "declared":
            raise UnsafeBody(
                "The document has a document type or another declaration, which is not read; write its entities out.",
                *line_column(text, found.start()),
            )
        if kind == "open" and not (scanner is XML and found["empty"]):
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        if depth > max_depth:
            raise BodyTooDeep(max_depth, *line_column(text, found.start()))
    if scanner is XML and (named := XML_ENCODING.match(text)) and named[1].lower() not in ("utf-8", "us-ascii"):
        raise UnsafeBody(f"The document says that it is in {named[1]}; only UTF-8 is read.", 1, 1)


def line_column(text: str, place: int) -> tuple[int, int]:
    """Line and column of a place in a text, both from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
