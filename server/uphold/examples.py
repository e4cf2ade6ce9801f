"""Examples: queries that show what can be asked, each a file with its question in the header."""

from __future__ import annotations

from dataclasses import dataclass

from uphold.sources import Files

__all__ = ["Example", "load_examples"]

SUMMARY = "#+ summary:"


@dataclass(frozen=True, slots=True)
class Example:
    """One query, and the question that it answers."""

    name: str
    summary: str
    query: str


def load_examples(files: Files) -> tuple[Example, ...]:
    """The files of `queries/` and `queries/examples/` whose header has a summary."""
    folder = files.root / "queries"
    found = []
    for path in sorted([*folder.glob("*.rq"), *(folder / "examples").glob("*.rq")], key=lambda path: path.name):
        lines = files.text(path).splitlines()
        summary = next((line.removeprefix(SUMMARY).strip() for line in lines if line.startswith(SUMMARY)), "")
        query = "\n".join(line for line in lines if not line.startswith("#+"))
        if summary:
            found.append(Example(path.stem, summary, query + "\n"))
    return tuple(found)
