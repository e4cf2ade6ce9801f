"""Data sets named by their content, the record of which was published when, and what differs between two."""
