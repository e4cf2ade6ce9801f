"""Errors about the endpoints that a query calls with SERVICE.

UpholdError ─┬─ … QueryForbidden (403): ServiceForbidden
             └─ ServiceFailed (502)
"""

from __future__ import annotations

from uphold.errors.base import QueryForbidden, UpholdError

__all__ = ["ServiceFailed", "ServiceForbidden"]


class ServiceForbidden(QueryForbidden):
    """The query calls an endpoint that is not allowed, or in a way that is not allowed."""

    code = "service-forbidden"
    title = "The query calls an endpoint that is not allowed"
    remedy = "Remove the clause, or ask the operator to add the endpoint to the setting service_allowlist."


class ServiceFailed(UpholdError):
    """An endpoint that the query calls did not return a usable answer."""

    status = 502
    code = "service-failed"
    title = "The other endpoint failed"
    remedy = "Try the clause at that endpoint; with SERVICE SILENT the query is answered without it."

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"The endpoint {endpoint} {reason}.")
