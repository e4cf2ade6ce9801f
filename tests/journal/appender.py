"""A process that appends in a loop: prints each number once it is committed, at last the longest wait in seconds.

Arguments: state folder, URL of a database or an empty text, how many entries (0: without end).
"""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path

from tests.journal.drafts import draft
from uphold.journal.journal import Journal
from uphold.settings import Settings


def main(state: str, database: str, entries: int) -> None:
    """Append and print."""
    longest = 0.0
    with Journal.open(Settings(state=Path(state), database=database, write_queue_timeout=30)) as journal:
        for done in count(1):
            began = time.monotonic()
            with journal.writing() as transaction:
                longest = max(longest, time.monotonic() - began)
                number = transaction.append(draft(transaction.head.number + 1)).number
            print(number, flush=True)
            if done == entries:
                break
    print(longest, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
