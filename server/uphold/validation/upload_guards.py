"""Upload guards: check a text before any parser reads it, with scanners that do not recurse.

RDF parsers recurse without a limit, and expand the entities of a document type. So nesting is limited, and document
types are rejected, here; `upload_json` handles JSON-LD contexts. Each scanner knows the tokens of its language, not its
grammar, and takes linear time.
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
    "unclosed": "The part that begins here is not closed.",
    "bad": "The IRI that begins here is not closed, or has a space, a quote or another disallowed character.",
}


def guard(text: str, media_type: str, max_depth: int) -> None:
    """Reject a text that is nested too deeply or refers to external content.

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
                "The document has a document type or another declaration, which is not accepted; expand its entities.",
                *line_column(text, found.start()),
            )
        if kind == "open" and not (scanner is XML and found["empty"]):
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        if depth > max_depth:
            raise BodyTooDeep(max_depth, *line_column(text, found.start()))
    if scanner is XML and (named := XML_ENCODING.match(text)) and named[1].lower() not in ("utf-8", "us-ascii"):
        raise UnsafeBody(f"The document declares the encoding {named[1]}; only UTF-8 is accepted.", 1, 1)


def line_column(text: str, place: int) -> tuple[int, int]:
    """Line and column of an offset in a text, both from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
