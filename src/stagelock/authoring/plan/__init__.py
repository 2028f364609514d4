"""Plans of work units: read, judged, compiled; also those written for other tools."""
