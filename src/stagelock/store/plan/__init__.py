"""A plan of work units on disk: its books, the trees it is built in, the copies people read."""
