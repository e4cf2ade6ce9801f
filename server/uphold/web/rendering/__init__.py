"""From answers to pages: questions asked for a page, names, sources, dates, links, problem documents."""
