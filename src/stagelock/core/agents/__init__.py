"""Agents: what each may do, what its last word opens and closes, what a verdict rests on."""
