"""What a bug hunt adds to the hooks."""
