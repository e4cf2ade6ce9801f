"""Worker processes forked from one that has loaded what they need, and the frames that they exchange."""
