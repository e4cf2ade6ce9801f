"""SHACL: the shapes applied to the project's own data and to what somebody sends."""
