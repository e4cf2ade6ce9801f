"""The embedded engine: Oxigraph in worker processes with a deadline and a memory limit."""
