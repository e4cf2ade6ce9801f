"""WSGI middleware around Flask: limits, the response cache, the access log, compression."""
