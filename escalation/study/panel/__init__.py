"""Thousands of series in one call, with the false discovery rate under control."""
