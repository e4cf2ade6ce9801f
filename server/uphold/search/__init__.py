"""Search by name: text analysis, the index, and queries."""
