"""Data sets named by their content, the log of their publication, and the difference between two."""
