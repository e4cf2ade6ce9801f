"""Bodies of WSGI responses (PEP 3333)."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["close"]


def close(body: Iterable[bytes]) -> None:
    """Close a body that can be closed."""
    if hasattr(body, "close"):
        body.close()
