"""Keras layers, one per file; registered under "baselines", so that saved models load wherever this package is installed."""
