"""What a page says of itself: its title, its citations, its JSON-LD."""
