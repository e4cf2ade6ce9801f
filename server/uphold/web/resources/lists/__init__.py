"""Lists of all things of a kind, with filters, as pages, JSON and CSV."""
