"""What decides: data in, data out; no clock, no file, no environment."""
