"""View models: the values of class templates, computed from question results before rendering."""
