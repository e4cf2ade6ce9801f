"""Graph protection: which graphs a token may write."""

from __future__ import annotations

import re

from uphold.errors import MalformedRequest

__all__ = ["BUILT", "may_write", "require_glob"]

BUILT = frozenset(
    "catalogue derived links ontology places questions report-2011 shapes treaty-actions void".split()  # noqa: SIM905
)
"""The graphs that a build makes from the project's files, as a test compares; no token may write them."""
GLOB = re.compile(r"[^\s/:#%<>\"{}|\\^`\x00-\x1f\x7f][^\s:#<>\"{}|\\^`\x00-\x1f\x7f]*")


def may_write(glob: str, graph: str, base: str) -> bool:
    """Whether a token with this glob may write a graph, given by its IRI (the empty text is the unnamed graph).

    In a glob, `*` is any text and `?` any one sign, a slash included. It is compared with the path after
    `<base>graph/`, as it is written. The glob `*` alone also matches the unnamed graph and graphs of other hosts.
    Nothing matches a graph that the build makes, or a path with a segment `.` or `..`, which a client could resolve.
    """
    home = f"{base}graph/"
    if not graph.startswith(home):
        return glob == "*"
    path = graph.removeprefix(home)
    if path in BUILT or not {".", ".."}.isdisjoint(path.split("/")):
        return False
    pattern = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in glob)
    return re.fullmatch(pattern, path, re.DOTALL) is not None


def require_glob(glob: str) -> str:
    """The glob; raises `MalformedRequest` for one that can match no graph."""
    if not GLOB.fullmatch(glob) or glob in BUILT or len(glob) > 1000:
        raise MalformedRequest(
            f"{glob!r} is not a glob of graphs that a token may write.",
            remedy="Give a path as in partner/acme/*, or * for every graph; graphs of the build are always protected.",
        )
    return glob
