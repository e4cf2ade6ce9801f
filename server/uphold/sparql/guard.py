"""Guard: checks a query before any parser reads it.

The engine's parser recurses without a limit, and a few kilobytes of nested brackets crash its process; so size, depth
and SERVICE are checked here. For most queries, counting is enough; the others go through `lexer`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache

from uphold.errors import QueryForbidden, QuerySyntaxError, QueryTooDeep, QueryTooLong
from uphold.settings import Settings
from uphold.sparql.lexer import COMMENT, IRI, STRING, calls_service, keywords, line_column, scan, unescaped
from uphold.sparql.shape import Shape, filled, shape_of

__all__ = ["Inspected", "Limits", "inspect", "inspect_update", "normalise"]

GAP = rf"(?:[ \t\r\n]|{COMMENT})*+"
FORM = re.compile(
    rf"""{GAP} (?:
      (?: BASE {GAP} <[^>]*+> | PREFIX {GAP} [^\s:<>]*+: {GAP} <[^>]*+> | VERSION {GAP} {STRING} ) {GAP}
    )*+ (SELECT|ASK|CONSTRUCT|DESCRIBE)""",
    re.VERBOSE | re.IGNORECASE,
)
UPDATES = frozenset({"insert", "delete", "load", "clear", "create", "drop", "copy", "move", "add"})
UPDATES_ELSEWHERE = "Send it by POST to /sparql/update, with a token."
FORMS = ("select", "ask", "construct", "describe")
CHANGING = re.compile(r"(?:now|rand|uuid|bnode)[ \t\r\n]*+[(#]")
PLAIN_TEMPLATE = re.compile(
    rf"{GAP}(?:WHERE{GAP})?\{{(?:[^{{}}<\"'\#\[(_~]|{IRI}|{STRING}|{COMMENT}|_(?!:))*+\}}", re.VERBOSE | re.IGNORECASE
)
WORDS_COMPARED = 20
CLAUSES = re.compile(
    r"[?$]\w++|:[\w.%-]++|from\s*+(?:named\s*+)?(?P<from>[<:\w#])"
    r"|graph\s*+(?P<graph>[?$<#]|[\w.-]{100}|[\w.-]{0,99}+:(?:[^\s{]{200}|[^\s{]{0,199}+\s*+[{#]))",
    re.IGNORECASE,
)
"""FROM and GRAPH, even with an overlong name, but not as part of a variable or a name."""

STAYING = re.compile(r"\*|\?(?!\w)")
NO_PATH = re.compile(r"(?:\(|(?:^|[ {}()])(?:select|distinct|reduced)|[?$]\w+|[ (][0-9.]+) ?\Z", re.IGNORECASE)
"""The text before a `*` that is not part of a path: a function, a SELECT, or a factor."""

LOOKED_AT = 40
VERBATIM = re.compile(rf"(?=[\"'<\#\\])({STRING}|{IRI}|{COMMENT}|\\.)", re.DOTALL)
SPACES = re.compile(r"[\t\r\n][ \t\r\n]*+| [ \t\r\n]++")  # except a single space, which stays
DOUBTFUL = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*://)[^\x00-\x20<>'#]*+['#][^\x00-\x20<>]*+>|[\[(][ \t\r\n]*+\#")

TELLING = ("service", "now", "rand", "uuid", "bnode", "graph", "from", "minus", "exists")
"""The words that the guard looks for: a query with one of them in a constant is inspected as a whole."""

MOST_SHAPES = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on a query."""

    max_bytes: int
    max_depth: int
    services: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits in these settings."""
        return cls(settings.query_max_bytes, settings.query_max_depth, bool(settings.service_allowlist.split()))


@dataclass(frozen=True)
class Inspected:
    """The properties of a query before it runs.

    `volatile` is False only if two runs on the same data must have equal results: the query calls no NOW, RAND, UUID,
    STRUUID or BNODE, and no template of it has blank nodes. A query that `calls` other endpoints is always volatile.
    """

    text: str
    returns_graph: bool
    volatile: bool
    calls: bool = False
    shape: Shape | None = None
    """The shape of the query, unless it is long or unusual."""

    @cached_property
    def may_depart(self) -> bool:
        """Whether the engine's result could differ from SPARQL 1.1, so that `rewriting` has to check it.

        True for (possible) alternatives, `*` or `?` in paths, for GRAPH and FROM, and for MINUS with EXISTS.
        """
        text = unescaped(self.normal)
        if "|" in text.replace("||", ""):
            return True
        for sign in STAYING.finditer(text):
            if sign[0] == "?" or not NO_PATH.search(text, max(0, sign.start() - LOOKED_AT), sign.start()):
                return True
        lower = text.lower()
        if "minus" in lower and "exists" in lower:
            return True
        if "graph" not in lower and "from" not in lower:
            return False
        return any(clause.lastgroup for clause in CLAUSES.finditer(text))

    @cached_property
    def normal(self) -> str:
        """See `normalise`; computed on first use."""
        return normalise(self.text)


class KnownShape:
    """What all queries of one shape have in common: the properties and the normal text of one of them."""

    def __init__(self, inspected: Inspected, normal: Shape) -> None:
        self.inspected, self.normal = inspected, normal.pieces()

    def query(self, text: str, shape: Shape) -> Inspected:
        """Another query of the shape."""
        known = self.inspected
        found = Inspected(text, known.returns_graph, known.volatile, shape=shape)
        found.__dict__["may_depart"], found.__dict__["normal"] = known.may_depart, filled(self.normal, shape.constants)
        return found


KNOWN: dict[tuple[tuple[str | None, ...], Limits], KnownShape] = {}


@lru_cache(maxsize=64)  # a query is inspected when it is received and again before it runs
def inspect(text: str, limits: Limits) -> Inspected:
    """Check a query's size, depth and form, and return its properties.

    Raises `QueryTooLong`, `QueryTooDeep`, `QueryForbidden` (SERVICE), or `QuerySyntaxError` without a query form.
    """
    check_size(text, limits.max_bytes)
    shape = shape_of(text)
    constants = " ".join(shape.constants).lower() if shape else ""
    if shape is None or any(word in constants for word in TELLING):
        return inspect_whole(text, limits, None)
    key = (shape.parts, limits)
    if known := KNOWN.get(key):
        return known.query(text, shape)
    inspected = inspect_whole(text, limits, shape)
    if not inspected.calls and FORM.match(text) and is_clear(text):
        normal = shape_of(inspected.normal)
        if normal and normal.constants == shape.constants:
            if len(KNOWN) >= MOST_SHAPES:
                KNOWN.clear()
            KNOWN[key] = KnownShape(inspected, normal)
    return inspected


def inspect_whole(text: str, limits: Limits, shape: Shape | None) -> Inspected:
    """See `inspect`, for a query of an unknown shape."""
    if may_be_deep(text, limits.max_depth):
        check_depth(text, limits.max_depth)
    lower = text.lower()
    calls = "service" in lower and calls_service(text)
    if calls and not limits.services:
        raise QueryForbidden("The query has a SERVICE clause, and this endpoint does not call other endpoints.")
    found = FORM.match(text)
    form = found[1].lower() if found else first_form(text)
    volatile = any(name in lower for name in ("now", "rand", "uuid", "bnode")) and bool(CHANGING.search(lower))
    if form == "construct" and not volatile:
        volatile = not (found and PLAIN_TEMPLATE.match(text, found.end()))
    return Inspected(text, form in ("construct", "describe"), volatile or calls, calls, None if calls else shape)


def inspect_update(text: str, limits: Limits) -> None:
    """Check the size and depth of an update; raises what `inspect` raises, also for SERVICE wherever it is allowed."""
    try:
        check_size(text, limits.max_bytes)
    except QueryTooLong as error:
        error.remedy = "Send data by PUT, POST or PATCH of a graph, or split the update."
        raise
    if may_be_deep(text, limits.max_depth):
        check_depth(text, limits.max_depth)
    if "service" in text.lower() and calls_service(text):
        raise QueryForbidden("The update has a SERVICE clause, and updates do not call other endpoints.")


def normalise(text: str) -> str:
    """The query with a single space for each run of space and comments outside strings and IRIs, and none at its ends.

    Texts with equal results always have the same meaning. The text is unchanged if it depends on whether `<` begins an
    IRI or a comparison, or if a comment is where the grammar does not allow one.
    """
    if not is_clear(text):
        return text
    parts = VERBATIM.split(text)
    done: list[str] = []
    plain = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            plain += part
        elif part.startswith("#"):
            plain += " "
        else:
            done += [SPACES.sub(" ", plain), part]
            plain = ""
    return "".join([*done, SPACES.sub(" ", plain)]).strip(" ")


def is_clear(text: str) -> bool:
    """Whether each `<`, quotation mark and comment of a text can only be read in one way."""
    if DOUBTFUL.search(text):
        return False
    quoted = '"' in text or "'" in text
    return not quoted or not any('"' in plain or "'" in plain for plain in VERBATIM.split(text)[::2])


def check_size(text: str, max_bytes: int) -> None:
    """Raise `QueryTooLong`, or `QuerySyntaxError` for text that UTF-8 cannot encode."""
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError as problem:
        if (size := len(text.encode("utf-8", "surrogatepass"))) <= max_bytes:
            detail = "The query contains an unpaired surrogate, which is not a character."
            raise QuerySyntaxError(detail, *line_column(text, problem.start)) from problem
    if size > max_bytes:
        raise QueryTooLong(size, max_bytes)


def may_be_deep(text: str, max_depth: int) -> bool:
    """Whether the text has enough brackets or prefix operators, in any place, to exceed the limit."""
    count = text.count
    return (
        count("{") + count("(") + count("[") + count("<<") > max_depth
        or count("!") + count("^") + count("+") + count("-") > max_depth
    )


def check_depth(text: str, max_depth: int) -> None:
    """Raise `QueryTooDeep` for too many nested brackets or prefix operators."""
    for token in scan(text):
        if max(token.depth, token.pile) > max_depth:
            raise QueryTooDeep(max(token.depth, token.pile), max_depth)


def first_form(text: str) -> str:
    """The form of a query with an irregular or misspelt beginning; raises `QuerySyntaxError` if there is none."""
    words = list(keywords(text))
    if form := next((word for word in words if word in FORMS), None):
        return form
    if not UPDATES.isdisjoint(words):
        raise QuerySyntaxError("The text is an update; /sparql only accepts queries.", 1, 1, UPDATES_ELSEWHERE)
    for word in words[:WORDS_COMPARED]:
        if near := get_close_matches(word, FORMS, n=1, cutoff=0.7):
            return near[0]  # the engine will reject it, and the error will suggest the form meant
    raise QuerySyntaxError("The text has no SELECT, ASK, CONSTRUCT or DESCRIBE.", 1, 1)
