"""Uphold: what states promised against the trafficking of children, what was asked of them, and what they then did."""

__all__ = ["__version__"]

__version__ = "0.1.0"
