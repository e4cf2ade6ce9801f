"""Uphold: what states promised to do against child trafficking, what was asked of them, and what they did."""

__all__ = ["__version__"]

__version__ = "0.1.0"
