"""What is being checked: the name, the listing, the sidecars, and where to find them."""
