"""Evaluation of outputs: predictions by example id, error tables, submission files."""
