"""The web layer: parses requests, asks `resources` and the engine, answers. No SPARQL and no RDF is written here."""
