"""One thing at its address, and the lists of things."""
