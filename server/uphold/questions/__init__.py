"""Questions as files: their metadata, parameters, rows, documents, charts, and the description of the API."""
