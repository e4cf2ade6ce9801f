"""Files that pages use in a browser and others wrote, and outlines of the world for maps."""
