"""JSON envelope: the links and metadata around the rows of every JSON response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from uphold.web.http.request_context import open_snapshot

__all__ = ["LICENCE", "as_text", "enveloped"]

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def enveloped(question: str, data: list[dict[str, Any]], links: Mapping[str, str], **more: Any) -> str:
    """The response as JSON, with its metadata and `more` members of it.

    `generated` is the time of the snapshot: the response has not changed since.
    """
    snapshot = open_snapshot().snapshot
    meta = {
        "question": question,
        "snapshot": snapshot.id,
        "generated": snapshot.created,
        "licence": LICENCE,
        "source": snapshot.base,
        **more,
    }
    return as_text({"data": data, "links": links, "meta": meta})


def as_text(content: Any) -> str:
    """Indented JSON with a final newline."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
