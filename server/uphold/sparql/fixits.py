"""Fix-its: small edits that may fix a query, offered only if the parser then gets further."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from uphold.sparql.faults import AGGREGATES, CLOSING, Fault, find_fault
from uphold.sparql.parser import END, words

__all__ = ["SEMANTIC", "Edit", "likely"]

PATTERNS = ("OPTIONAL", "MINUS", "GRAPH", "FILTER", "BIND", "VALUES", "SERVICE", "LATERAL")
INSERTED = ("SELECT", "BY", "AS", "WHERE", "FILTER", "OPTIONAL", "HAVING", "LIMIT", "VALUES")
"""Keywords whose absence is a likely fault."""

SIGNS = {"AND": "&&", "OR": "||", "NOT": "!", "<>": "!=", "&": "&&", "|": "||", "//": "#", "--": "#", "\xa0": " "}
QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a\u201b"
OTHER_LANGUAGES = {
    "LIKE": 'SPARQL has no LIKE: use CONTAINS, STRSTARTS or REGEX, as in FILTER (CONTAINS(?label, "text")).',
    "IS": "SPARQL has no IS NULL: write !BOUND(?x).",
    "NULL": "SPARQL has no NULL: write !BOUND(?x) for a variable without a value.",
    "BETWEEN": "SPARQL has no BETWEEN: write ?x >= 1 && ?x <= 3.",
    "TOP": "SPARQL has no TOP: write LIMIT and the number at the end.",
    "JOIN": "SPARQL has no JOIN: patterns that share a variable are joined.",
}
SEMANTIC = frozenset(
    {"star", "ungrouped", "twice", "bound", "row", "arity", "aggregate", "escape", "late", "unclosed"}
    | {"repeated", "template", "annotated_path", "aggregated"}
)
"""Faults that a small edit cannot fix."""

TRIED = 24
LONGEST = 8_000
"""Length in characters up to which edits are tried: each needs another parse."""


class Edit(NamedTuple):
    """A replacement for the text between two offsets, and the message that suggests it."""

    start: int
    end: int
    new: str
    words: str


def likely(text: str, prefixes: Mapping[str, str], fault: Fault) -> Edit | None:
    """The first edit that gets the parser past the fault, else advice, else None."""
    advice = OTHER_LANGUAGES.get(fault.word)
    if advice:
        return Edit(0, 0, "", advice)
    if len(text) > LONGEST:
        return advise(fault)
    for count, edit in enumerate(edits(text, fault)):
        if count == TRIED:
            break
        if gets_further(text, prefixes, fault, edit):
            return edit
    return advise(fault)


def advise(fault: Fault) -> Edit | None:
    """Advice without an edit."""
    wrong, last, expected = fault.token, fault.last.upper(), fault.expected
    text = None
    if wrong.type == "UNION":
        text = "Put both sides of UNION in braces: { … } UNION { … }."
    elif wrong.type == "A" and {"a variable", "a triple pattern"} & set(expected):
        text = "`a` is the property rdf:type: it goes between a subject and its class."
    elif "{" in expected and last in ("WHERE", "ASK"):
        text = "Put the pattern in braces: WHERE { … }."
    elif "{" in expected and last in (*PATTERNS, "UNION", "EXISTS"):
        text = f"Put the content of {last} in braces: {last} {{ … }}."
    elif last in ("FILTER", "HAVING"):
        text = f"Put the condition in parentheses: {last} ( … )."
    elif wrong in ("+", "-", "*") and "." in expected:
        text = "A triple pattern cannot compute: write BIND ( … AS ?value), and ?value in the pattern."
    elif wrong.type in AGGREGATES and fault.within == "after SELECT":
        text = f"Put it in parentheses and name it: ({fault.word}(…) AS ?name)."
    return Edit(0, 0, "", text) if text else None


def gets_further(text: str, prefixes: Mapping[str, str], fault: Fault, edit: Edit) -> bool:
    """Whether the parser, after the edit, reaches the end or gets at least two tokens past the edit."""
    changed = text[: edit.start] + edit.new + text[edit.end :]
    following = find_fault(changed, prefixes)
    if following is None:
        return True
    past = max(edit.start + len(edit.new), fault.place + len(changed) - len(text))
    return sum(past <= (token.start_pos or 0) < following.place for token in following.tokens) >= 2


def edits(text: str, fault: Fault) -> Iterator[Edit]:
    """Edits that may fix the query, the likeliest first."""
    wrong, start = fault.token, fault.place
    if fault.reason == "prefix":
        prefix = wrong.partition(":")[0]
        for near in get_close_matches(prefix, sorted(fault.prefixes), n=3, cutoff=0.6):
            yield Edit(start, start + len(prefix), near, f"Did you mean `{near}:`?")
        return
    yield from of_characters(text, fault)
    yield from of_idioms(text, fault)
    yield from of_selecting(text, fault)
    if wrong.isidentifier() and fault.word not in SIGNS:
        for near in get_close_matches(fault.word, sorted({word.upper() for word in words()}), n=3, cutoff=0.6):
            yield Edit(start, start + len(wrong), near, f"Did you mean `{near}`?")
    for word in INSERTED:
        if word in fault.expected:
            yield Edit(start, start, f" {word} ", f"Write {word} before it.")
    yield from of_brackets(fault)
    yield from of_stops(fault)
    yield from of_terms(text, fault)


def of_characters(text: str, fault: Fault) -> Iterator[Edit]:
    """Operators of other languages, and characters of word processors."""
    wrong, start, end = fault.token, fault.place, fault.place + len(fault.token)
    for length in (2, 1):
        sign = text[start : start + length]
        if sign in SIGNS and sign:
            shown = {"\xa0": "a plain space instead of the no-break space"}.get(sign, f"`{SIGNS[sign]}`")
            yield Edit(start, start + length, SIGNS[sign], f"Did you mean {shown}?")
    if fault.word in SIGNS:
        yield Edit(start, end, SIGNS[fault.word], f"Did you mean `{SIGNS[fault.word]}`?")
    if wrong[:1] == "\ufeff":
        yield Edit(start, start + 1, "", "Remove the byte order mark, an invisible character, before the query.")
    if fault.word in ("TRUE", "FALSE"):
        yield Edit(start, end, wrong.lower(), f"Did you mean `{wrong.lower()}`, in lower case?")
    if wrong == "!" and (apart := re.compile(r"!\s+=").match(text, start)):
        yield Edit(start, apart.end(), "!=", "Did you mean `!=`?")
    if wrong == "=" and text[start - 1 : start] == "=":
        yield Edit(start, end, "", "Did you mean `=`? SPARQL compares with a single =.")
    if wrong == ">" and text[start - 1 : start] == "=":
        yield Edit(start - 1, end, ">=", "Did you mean `>=`?")
    if wrong in tuple(QUOTES) and (quoted := re.compile(rf"[{QUOTES}]([^{QUOTES}\"\n]*)[{QUOTES}]").match(text, start)):
        straight = f'"{quoted[1]}"'
        yield Edit(start, quoted.end(), straight, f"Did you mean `{straight[:60]}`? Strings need straight quotes.")


def of_idioms(text: str, fault: Fault) -> Iterator[Edit]:
    """Idioms of other languages."""
    start, last = fault.place, fault.last
    before = last.start_pos or 0
    line = re.compile(r"@prefix\s+([^<\n]*<[^>\n]*>)\s*\.?", re.IGNORECASE).match(text, start)
    if line:
        yield Edit(start, line.end(), f"PREFIX {line[1]}", "Did you mean `PREFIX`, without @ and without the dot?")
    date = re.compile(r"\d{4}-\d\d-\d\d(?:\^\^[\w:]+)?").match(text, before)
    if date and last.type == "INTEGER":
        new = f'"{date[0][:10]}"^^xsd:date'
        yield Edit(before, date.end(), new, f"Did you mean `{new}`?")
    broken = re.compile(r"<([^<>\"{}\n]*)(>?)").match(text, start)
    if fault.token.type == "LESSTHAN" and broken:
        inside = broken[1].strip()
        new = f"<{inside.replace(' ', '%20')}>" if broken[2] else f"<{inside}> "
        says = "with the spaces percent-encoded" if broken[2] else "closed with >"
        yield Edit(start, broken.end(), new, f"Did you mean `{new.strip()[:80]}`, {says}?")


def of_selecting(text: str, fault: Fault) -> Iterator[Edit]:
    """Expressions in SELECT and ORDER BY without their brackets or with too many."""
    wrong, start, end = fault.token, fault.place, fault.place + len(fault.token)
    last, before, alias = fault.last, fault.near(-2), fault.near(1)
    last_start, before_start = last.start_pos or 0, before.start_pos or 0
    call = re.compile(r"\w+\s*\([^()]*\)(\s+AS\s+[?$]\w+)?", re.IGNORECASE).match(text, start)
    if call and wrong.type in AGGREGATES:
        new = f"({call[0]})" if call[1] else f"({call[0]} AS ?{wrong.lower()})"
        yield Edit(start, call.end(), new, f"Did you mean `{new}`?")
    if wrong == ")" and last.type == "VAR" and before == "(":
        yield Edit(before_start, end, f" {last}", f"Did you mean `{last}`, without brackets?")
    if wrong == ")" and last == ")" and fault.within == "after SELECT":
        yield Edit(
            start,
            start,
            " AS ?value",
            "Name the expression: write `AS` and a new variable before the closing parenthesis.",
        )
    if wrong.type == "AS" and last.type == "VAR" and alias.type == "VAR":
        new = f"({last} AS {alias})"
        yield Edit(last_start, (alias.start_pos or 0) + len(alias), new, f"Did you mean `{new}`?")
    if last.type in ("ASC", "DESC"):
        if wrong.type == "VAR":
            yield Edit(start, end, f"({wrong})", f"Did you mean `{last.upper()}({wrong})`?")
        if before.type == "VAR":
            new = f"{last.upper()}({before})"
            yield Edit(before_start, last_start + len(last), new, f"Did you mean `{new}`?")


def of_brackets(fault: Fault) -> Iterator[Edit]:
    """A missing or superfluous closing bracket."""
    wrong, start = fault.token, fault.place
    if fault.open:
        closing = CLOSING[fault.open[-1]]
        rest = "".join(CLOSING[opened] for opened in reversed(fault.open))
        if wrong.type == END:
            yield Edit(start, start, rest, f"Write the missing {' '.join(rest)} at the end.")
        else:
            yield Edit(start, start, closing, f"Write the missing {closing} before it.")
    if wrong in CLOSING.values():
        yield Edit(start, start + len(wrong), "", f"Remove the unmatched {wrong}.")


def of_stops(fault: Fault) -> Iterator[Edit]:
    """Missing, superfluous or confused dots, semicolons and commas."""
    wrong, last = fault.token, fault.last
    before = last.start_pos or 0
    if wrong in (".", ";", ","):
        yield Edit(fault.place, fault.place + 1, "", f"Remove the `{wrong}`.")
    if last in (",", ";", "/", "|") and wrong in ("}", "]", "."):
        yield Edit(before, before + 1, "", f"Remove the `{last}` before it.")
    place = before + len(last)
    yield Edit(place, place, " .", "Write a `.` between the two patterns.")
    yield Edit(place, place, " ;", "Write a `;` before the next property of the same subject.")
    yield Edit(place, place, ",", "Write a `,` between the two values.")
    for back in (-2, -3):
        if fault.near(back) == ";":
            at = fault.near(back).start_pos or 0
            yield Edit(at, at + 1, ".", "Did you mean `.` instead of the last `;`, where the next subject begins?")


def of_terms(text: str, fault: Fault) -> Iterator[Edit]:
    """Words without the sign of a variable or the quotes of a string."""
    wrong, start, end = fault.token, fault.place, fault.place + len(fault.token)
    if wrong == "-" and re.compile(r"-\w").match(text, start):
        yield Edit(start, start + 1, "_", "Variable names cannot contain hyphens: did you mean `_`?")
    if wrong.type != "WORD":
        return
    if text[end : end + 1] == "@":
        yield Edit(start, end, f'"{wrong}"', f'Did you mean `"{wrong}"`, in quotes?')
    either = f', or the text `"{wrong}"`' if {"a literal", "a value"} & set(fault.expected) else ""
    yield Edit(start, end, f"?{wrong}", f"Did you mean the variable `?{wrong}`{either}?")
