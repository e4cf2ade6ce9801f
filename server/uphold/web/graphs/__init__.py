"""The SPARQL 1.1 Graph Store HTTP Protocol: graphs are read, replaced, merged and removed at /graphs."""
