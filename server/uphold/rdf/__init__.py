"""Reading and writing RDF and tables."""
