"""Models: one file per family, found by its path; build_transformer_model is in builder.py, the other files are shared."""
