"""Realistic cases whose truth is known."""
