"""The benchmark that prints the comparison table."""
