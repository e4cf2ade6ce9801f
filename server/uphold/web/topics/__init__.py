"""Topic pages: home, outcomes, timeline, comparison, matrix, discrepancies, guides and search."""
