"""Embedded data: `python -m tools.mini` writes datasets/mini, `python -m tools.mini.vocabulary` checkpoints/mini."""
