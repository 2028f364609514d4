"""What remembers: stage file, second record, journal, paths, processes."""
