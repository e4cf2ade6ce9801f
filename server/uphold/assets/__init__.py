"""Third-party files for the browser, and outlines of the world for maps."""
