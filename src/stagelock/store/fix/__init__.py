"""A bug hunt on disk: what was seen to fail and to pass, and trees put back exactly."""
