"""Something to append, for tests; imports as little as it can, because many processes start with it."""

from __future__ import annotations

from uphold.journal.entry import Draft
from uphold.journal.journal import Journal
from uphold.snapshots.change import Change

__all__ = ["append", "draft"]


def draft(at: int = 1, **members: object) -> Draft:
    """Something to append; `at` tells one from another."""
    added = f'<https://example.org/{at}> <https://example.org/label> "Größe {at}" <https://example.org/graph> .\n'
    given: dict[str, object] = {
        "kind": "write",
        "graphs": ["https://example.org/graph"],
        "snapshot": f"{at:064x}",
        "change": Change(added=added.encode()),
    }
    return Draft(**given | members)  # type: ignore[arg-type]


def append(journal: Journal, count: int = 1, **members: object) -> None:
    """Append so many entries."""
    for _ in range(count):
        with journal.writing() as transaction:
            transaction.append(draft(transaction.head.number + 1, **members))
