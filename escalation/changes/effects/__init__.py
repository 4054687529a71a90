"""Rates around dated interventions: regression, posterior and placebo dates, from arrays."""
