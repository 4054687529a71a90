"""Comparison of this package with others that find changes of a rate in observed counts; see `run.py`."""
