"""Errors about the endpoints that a query calls with SERVICE; they hang in the tree of `errors`.

UpholdError ─┬─ … QueryForbidden (403): ServiceForbidden
             └─ ServiceFailed (502)
"""

from __future__ import annotations

from uphold.errors.base import QueryForbidden, UpholdError

__all__ = ["ServiceFailed", "ServiceForbidden"]


class ServiceForbidden(QueryForbidden):
    """The query calls an endpoint in a way, or one, that is not allowed here."""

    code = "service-forbidden"
    title = "The query calls an endpoint that it may not call"
    remedy = "Remove the clause, or ask those who run this server to add the endpoint to the setting service_allowlist."


class ServiceFailed(UpholdError):
    """Another endpoint, which the query calls, gave no usable answer."""

    status = 502
    code = "service-failed"
    title = "Another endpoint gave no usable answer"
    remedy = "Try the clause at that endpoint itself; with SERVICE SILENT the query is answered without it."

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"The endpoint {endpoint} {reason}.")
