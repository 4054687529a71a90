"""The same period as seen by different counters, and a scope beside its parts: separate, compared, never merged."""
