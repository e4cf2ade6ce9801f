"""The engine that comes with Uphold: Oxigraph in worker processes with a deadline and a memory limit."""
