"""Data interfaces: the API of questions, validation, snapshots, downloads, the sitemap, metrics."""
