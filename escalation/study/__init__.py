"""The study: all results of a case under one set of choices, under every defensible one, on every date."""
