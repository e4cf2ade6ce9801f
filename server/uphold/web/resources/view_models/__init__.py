"""View models: what the templates of classes show, worked out from the answers before anything is rendered."""
