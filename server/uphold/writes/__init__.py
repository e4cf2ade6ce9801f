"""Writes: a change of the data from request to acknowledgement."""
