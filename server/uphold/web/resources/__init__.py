"""Resources: the pages and documents of resources, and the lists of them."""
