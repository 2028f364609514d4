"""The client's adapter: payload to event, decision to reply."""
