"""Worker processes forked from a preloaded template, and the frames of their protocol."""
