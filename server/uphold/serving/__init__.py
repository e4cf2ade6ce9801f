"""An open snapshot, and what a request may ask of it."""
