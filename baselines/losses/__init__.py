"""Formulas that are minimised, one per file: (targets, outputs) -> a number per row."""
