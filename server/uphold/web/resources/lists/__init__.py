"""Lists of the resources of a kind, with filters, as pages, JSON and CSV."""
