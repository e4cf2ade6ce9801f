"""SHACL validation of the project's own data and of uploads."""
