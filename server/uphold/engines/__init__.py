"""Engines answer queries about one snapshot; `interface` is what every engine offers."""
