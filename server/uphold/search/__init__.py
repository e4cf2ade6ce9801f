"""Finding things by name: what is compared of labels, the index, and queries to it."""
