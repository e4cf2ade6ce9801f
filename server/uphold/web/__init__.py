"""The web layer: parses requests, queries `resources` and the engine, and responds; it contains no SPARQL or RDF."""
