"""Optimal penalised segmentation of observed counts."""
