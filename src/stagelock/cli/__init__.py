"""The terminal: one module per verb."""
