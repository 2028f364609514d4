"""A plan of work units: the loop of each, its guards, its commit, and what people read of it."""
