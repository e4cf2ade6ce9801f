"""Edits: changes of a few characters that may mend a query; one is offered only when it lets the grammar read on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from uphold.sparql.expressions import AGGREGATES, FUNCTIONS
from uphold.sparql.grammar import Grammar
from uphold.sparql.patterns import PATTERNS
from uphold.sparql.reading import END, Stop, Token

__all__ = ["CLOSING", "OF_MEANING", "Edit", "likely"]

KEYWORDS = (
    *("SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "PREFIX", "BASE", "DISTINCT", "REDUCED", "FROM", "NAMED", "WHERE"),
    *("GROUP", "ORDER", "BY", "HAVING", "LIMIT", "OFFSET", "ASC", "DESC", "AS", "UNION", "IN", "NOT", "EXISTS"),
    *("UNDEF", "true", "false", "SEPARATOR", *PATTERNS, *FUNCTIONS, *AGGREGATES),
)
SIGNS = {"AND": "&&", "OR": "||", "NOT": "!", "<>": "!=", "&": "&&", "|": "||", "//": "#", "--": "#", "\xa0": " "}
QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a\u201b"
ELSEWHERE = {
    "LIKE": 'SPARQL has no LIKE: use CONTAINS, STRSTARTS or REGEX, as in FILTER (CONTAINS(?label, "text")).',
    "IS": "SPARQL has no IS NULL: write !BOUND(?x).",
    "NULL": "SPARQL has no NULL: write !BOUND(?x) for a variable without a value.",
    "BETWEEN": "SPARQL has no BETWEEN: write ?x >= 1 && ?x <= 3.",
    "TOP": "SPARQL has no TOP: write LIMIT and the number at the end.",
    "JOIN": "SPARQL has no JOIN: patterns that share a variable are joined.",
}
CLOSING = {"(": ")", "[": "]", "{": "}", "{|": "|}"}
OF_MEANING = frozenset(
    {"star", "ungrouped", "twice", "bound", "row", "arity", "aggregate", "escape", "late", "unclosed"}
)
"""Faults that no change of a few characters mends."""

TRIED = 24
LONGEST = 8_000
"""Characters up to which edits are tried: each costs one more reading."""


class Edit(NamedTuple):
    """A change of the text between two places, and the words that offer it."""

    start: int
    end: int
    new: str
    words: str


def likely(text: str, prefixes: Mapping[str, str], stop: Stop, grammar: Grammar) -> Edit | None:
    """The first edit after which the grammar reads past the fault, else advice in words, else None."""
    advice = ELSEWHERE.get(stop.token.word) if stop.token.kind == "word" else None
    if advice:
        return Edit(0, 0, "", advice)
    if len(text) > LONGEST:
        return advise(stop, grammar)
    for count, edit in enumerate(edits(text, stop, grammar)):
        if count == TRIED:
            break
        if reads_on(text, prefixes, stop, edit):
            return edit
    return advise(stop, grammar)


def advise(stop: Stop, grammar: Grammar) -> Edit | None:
    """What can be said without an edit."""
    token, last = stop.token, grammar.last.word
    needs_group = stop.expected[:1] == ("{",)
    words = None
    if token.word == "UNION":
        words = "Put both sides of UNION in braces: { … } UNION { … }."
    elif token.text == "a" and stop.reason in ("pattern", "object", "value"):
        words = "`a` is the property rdf:type: it stands between a thing and its class."
    elif needs_group and last in ("WHERE", "ASK"):
        words = "Put the pattern in braces: WHERE { … }."
    elif needs_group and last in (*PATTERNS, "UNION", "EXISTS"):
        words = f"Put what {last} holds in braces: {last} {{ … }}."
    elif stop.reason == "constraint":
        words = f"Put the condition in brackets: {last} ( … )."
    elif token.word in AGGREGATES and stop.reason in ("projection", "where"):
        words = f"Put it in brackets and name it: ({token.word}(…) AS ?name)."
    return Edit(0, 0, "", words) if words else None


def reads_on(text: str, prefixes: Mapping[str, str], stop: Stop, edit: Edit) -> bool:
    """Whether the text, so edited, is read to its end, or further than the edit by two tokens."""
    changed = text[: edit.start] + edit.new + text[edit.end :]
    grammar = Grammar(changed, prefixes)
    try:
        grammar.query()
    except Stop as next_stop:
        past = max(edit.start + len(edit.new), stop.token.start + len(changed) - len(text))
        return sum(past <= token.start < next_stop.token.start for token in grammar.tokens) >= 2
    except RecursionError:
        return False
    return True


def edits(text: str, stop: Stop, grammar: Grammar) -> Iterator[Edit]:
    """Changes that may mend the fault, the likeliest first."""
    token = stop.token
    end = token.start + len(token.text)
    if stop.reason == "prefix":
        prefix = token.text.partition(":")[0]
        for near in get_close_matches(prefix, sorted(grammar.prefixes), n=3, cutoff=0.6):
            yield Edit(token.start, token.start + len(prefix), near, f"Did you mean `{near}:`?")
        return
    yield from of_characters(text, token)
    yield from of_idioms(text, token, grammar)
    yield from of_selecting(text, token, grammar)
    if token.kind == "word":
        for near in get_close_matches(token.word, [word.upper() for word in KEYWORDS], n=3, cutoff=0.6):
            yield Edit(token.start, end, near, f"Did you mean `{near}`?")
    for word in stop.expected:
        if word.isupper() and word.isalpha():
            yield Edit(token.start, token.start, f" {word} ", f"Write {word} before it.")
    yield from of_brackets(token, grammar)
    yield from of_stops(token, grammar)
    yield from of_terms(text, token, stop.reason)


def of_characters(text: str, token: Token) -> Iterator[Edit]:
    """Signs of other languages, and characters of word processors."""
    start, end = token.start, token.start + len(token.text)
    for length in (2, 1):
        sign = text[start : start + length]
        if sign in SIGNS and sign:
            shown = {"\xa0": "a plain space in place of the no-break space"}.get(sign, f"`{SIGNS[sign]}`")
            yield Edit(start, start + length, SIGNS[sign], f"Did you mean {shown}?")
    if token.word in SIGNS:
        yield Edit(start, end, SIGNS[token.word], f"Did you mean `{SIGNS[token.word]}`?")
    if token.text[:1] == "\ufeff":
        yield Edit(start, start + 1, "", "Remove the byte order mark, an invisible character, before the query.")
    if token.word in ("TRUE", "FALSE"):
        yield Edit(start, end, token.text.lower(), f"Did you mean `{token.text.lower()}`, in small letters?")
    if token.text == "!" and (apart := re.compile(r"!\s+=").match(text, start)):
        yield Edit(start, apart.end(), "!=", "Did you mean `!=`?")
    if token.text == "=" and text[start - 1 : start] == "=":
        yield Edit(start, end, "", "Did you mean `=`? SPARQL compares with one sign.")
    if token.text == ">" and text[start - 1 : start] == "=":
        yield Edit(start - 1, end, ">=", "Did you mean `>=`?")
    if token.text in QUOTES and (quoted := re.compile(rf"[{QUOTES}]([^{QUOTES}\"\n]*)[{QUOTES}]").match(text, start)):
        straight = f'"{quoted[1]}"'
        yield Edit(start, quoted.end(), straight, f"Did you mean `{straight[:60]}`? Strings stand in straight quotes.")


def of_idioms(text: str, token: Token, grammar: Grammar) -> Iterator[Edit]:
    """What other languages write in another way."""
    start, last = token.start, grammar.last
    line = re.compile(r"@prefix\s+([^<\n]*<[^>\n]*>)\s*\.?", re.IGNORECASE).match(text, start)
    if line:
        yield Edit(start, line.end(), f"PREFIX {line[1]}", "Did you mean `PREFIX`, without @ and without the dot?")
    date = re.compile(r"\d{4}-\d\d-\d\d(?:\^\^[\w:]+)?").match(text, last.start)
    if date and last.kind == "number":
        new = f'"{date[0][:10]}"^^xsd:date'
        yield Edit(last.start, date.end(), new, f"Did you mean `{new}`?")
    broken = re.compile(r"<([^<>\"{}\n]*)(>?)").match(text, start)
    if token.text == "<" and broken:
        inside = broken[1].strip()
        new = f"<{inside.replace(' ', '%20')}>" if broken[2] else f"<{inside}> "
        says = "with the spaces percent-encoded" if broken[2] else "closed with >"
        yield Edit(start, broken.end(), new, f"Did you mean `{new.strip()[:80]}`, {says}?")


def of_selecting(text: str, token: Token, grammar: Grammar) -> Iterator[Edit]:
    """What is selected or ordered by, without its brackets or with too many."""
    start, end = token.start, token.start + len(token.text)
    last, before = grammar.last, grammar.after(-2)
    call = re.compile(r"\w+\s*\([^()]*\)(\s+AS\s+[?$]\w+)?", re.IGNORECASE).match(text, start)
    if call and token.word in AGGREGATES:
        new = f"({call[0]})" if call[1] else f"({call[0]} AS ?{token.text.lower()})"
        yield Edit(start, call.end(), new, f"Did you mean `{new}`?")
    if token.text == ")" and last.kind == "variable" and before.text == "(":
        yield Edit(before.start, end, f" {last.text}", f"Did you mean `{last.text}`, without brackets?")
    if token.text == ")" and last.text == ")" and grammar.within == "after SELECT":
        yield Edit(
            start, start, " AS ?value", "Name what is selected: write `AS` and a new variable before the bracket."
        )
    alias = grammar.after()
    if token.word == "AS" and last.kind == "variable" and alias.kind == "variable":
        new = f"({last.text} AS {alias.text})"
        yield Edit(last.start, alias.start + len(alias.text), new, f"Did you mean `{new}`?")
    if last.word in ("ASC", "DESC"):
        if token.kind == "variable":
            yield Edit(start, end, f"({token.text})", f"Did you mean `{last.word}({token.text})`?")
        if before.kind == "variable":
            new = f"{last.word}({before.text})"
            yield Edit(before.start, last.start + len(last.text), new, f"Did you mean `{new}`?")


def of_brackets(token: Token, grammar: Grammar) -> Iterator[Edit]:
    """A closing bracket too few or too many."""
    if grammar.open:
        closing = CLOSING[grammar.open[-1].text]
        rest = "".join(CLOSING[opened.text] for opened in reversed(grammar.open))
        if token.kind == END:
            yield Edit(token.start, token.start, rest, f"Write the missing {' '.join(rest)} at the end.")
        else:
            yield Edit(token.start, token.start, closing, f"Write the missing {closing} before it.")
    if token.text in CLOSING.values():
        yield Edit(token.start, token.start + len(token.text), "", f"Remove the {token.text}, which closes nothing.")


def of_stops(token: Token, grammar: Grammar) -> Iterator[Edit]:
    """Dots, semicolons and commas too few, too many or in each other's place."""
    last, end = grammar.last, token.start + len(token.text)
    if token.text in (".", ";", ","):
        yield Edit(token.start, end, "", f"Remove the `{token.text}`.")
    if last.text in (",", ";", "/", "|") and token.text in ("}", "]", "."):
        yield Edit(last.start, last.start + 1, "", f"Remove the `{last.text}` before it.")
    place = last.start + len(last.text)
    yield Edit(place, place, " .", "Write a `.` between the two patterns.")
    yield Edit(place, place, " ;", "Write a `;` before the next property of the same thing.")
    yield Edit(place, place, ",", "Write a `,` between the two values.")
    for back in (-2, -3):
        if grammar.after(back).text == ";":
            at = grammar.after(back).start
            yield Edit(at, at + 1, ".", "Did you mean `.` in place of the last `;`, where another thing begins?")


def of_terms(text: str, token: Token, reason: str) -> Iterator[Edit]:
    """Words that lack what makes them variables or strings."""
    start, end = token.start, token.start + len(token.text)
    if token.text == "-" and re.compile(r"-\w").match(text, start):
        yield Edit(start, start + 1, "_", "Names of variables have no hyphen: did you mean `_`?")
    if token.kind != "word" or token.text == "a" or token.word in KEYWORDS:
        return
    if text[end : end + 1] == "@":
        yield Edit(start, end, f'"{token.text}"', f'Did you mean `"{token.text}"`, in quotes?')
    either = f', or the text `"{token.text}"`' if reason in ("object", "value") else ""
    yield Edit(start, end, f"?{token.text}", f"Did you mean the variable `?{token.text}`{either}?")
