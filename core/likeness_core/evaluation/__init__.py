"""Measure restorations against the truth: recipe, recognisers that judge, metrics, tables."""
