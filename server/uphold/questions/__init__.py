"""Question files: their metadata, parameters, rows, documents and charts, and the OpenAPI document."""
