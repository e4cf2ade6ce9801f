"""Open snapshots, and their resources for requests."""
