"""SERVICE clauses: other endpoints are asked from the server, and their solutions put in place of the clause."""
