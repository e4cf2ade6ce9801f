"""Link values: the one writer of the `Link` header and of link formats (RFC 8288, section 3)."""

from __future__ import annotations

from werkzeug.wrappers import Response

__all__ = ["PATH_SAFE", "URI_SAFE", "add_link_values", "link_value"]

PATH_SAFE = "/:@!$&'()*+,;=~-._%"
"""Characters that stay unescaped in a path that may be percent-encoded already (RFC 3986, 3.3)."""
URI_SAFE = f"{PATH_SAFE}?#"
"""The same for a whole URI reference."""


def link_value(target: str, relation: str, **parameters: str) -> str:
    """A link to an escaped URI reference; parameters that are empty are left out."""
    attributes = "".join(f'; {name}="{value}"' for name, value in parameters.items() if value)
    return f'<{target}>; rel="{relation}"{attributes}'


def add_link_values(response: Response, *values: str, separate: bool = False) -> None:
    """Append links to the `Link` header: to its one field line, or each as a `separate` line."""
    if separate:
        for value in values:
            response.headers.add("Link", value)
    else:
        response.headers["Link"] = ", ".join([*response.headers.getlist("Link"), *values])
