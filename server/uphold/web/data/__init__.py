"""Data for programs: the API of questions, validation, snapshots, downloads, the sitemap, metrics."""
