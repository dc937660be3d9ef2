"""Indexes on disk and distances between texts. No Keras."""
