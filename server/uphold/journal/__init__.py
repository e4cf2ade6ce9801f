"""The journal: accepted writes and tokens in one SQL database, which is what must never be lost."""
