"""Regression of the level on time, where it is identified."""
