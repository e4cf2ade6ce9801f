"""Stores: what Oxigraph's store in memory needs in a process that changes it for long."""

from __future__ import annotations

import pyoxigraph as ox

__all__ = ["renewed"]


def renewed(store: ox.Store) -> ox.Store:
    """A store with the same statements in less memory: Oxigraph never frees that of statements that were removed."""
    new = ox.Store()
    new.bulk_extend(store)
    return new
