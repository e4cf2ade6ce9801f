"""Rendering of pages: question results, labels, sources, dates, links, problem documents."""
