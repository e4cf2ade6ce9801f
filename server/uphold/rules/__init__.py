"""Rules: what follows from the data, all of it or what a change adds and takes away."""
