"""The metadata of pages: titles, citations, JSON-LD."""
