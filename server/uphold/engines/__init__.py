"""Engines answer queries about one snapshot; `interface` defines them."""
