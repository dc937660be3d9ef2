"""Keras layers, one per file, registered under "baselines": saved models load wherever this package is installed."""
