"""WSGI layers that a request passes before Flask: limits, the response cache, the access log, compression."""
