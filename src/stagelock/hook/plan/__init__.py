"""What the plan of units adds to the hooks: who builds what, where, and what may be committed."""
