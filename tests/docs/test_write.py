"""The examples of docs/write.md run, one after the other, and print what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace

from tests.conftest import running_server
from tests.docs.test_docs import HERE, examples
from uphold.journal import tokens
from uphold.journal.journal import Journal
from uphold.settings import Settings


def test_the_examples_of_writing_print_what_the_page_shows(tiny_copy: Settings) -> None:
    """On the page, … replaces what differs from snapshot to snapshot."""
    found = examples("docs/write.md", "sh")
    assert len(found) >= 5
    with Journal.open(tiny_copy) as journal:
        secret = tokens.create(journal, "acme", "partner/acme/*")
    with running_server(replace(tiny_copy, server_processes=1)) as address:
        for example in found:
            done = subprocess.run(
                ["sh", "-c", example.code.replace(HERE, address)],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "TOKEN": secret},
            )
            pattern = ".+?".join(re.escape(part) for part in example.output.split("…"))
            assert re.fullmatch(pattern, done.stdout, re.DOTALL), (example.name, done.stdout)
