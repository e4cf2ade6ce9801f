"""Pages about more than one thing: the front page, outcomes, comparisons, the map."""
