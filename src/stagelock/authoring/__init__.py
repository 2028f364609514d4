"""Workflows as people write them: read, judged, compiled."""
