"""Worker processes forked from a preloaded process, and the frames of their protocol."""
