"""Replay: what would have been concluded on each date with what was published by then."""
