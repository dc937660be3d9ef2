"""Scorers in plain Python: (golds, predictions) -> {name: value}, each value in [0, 1]."""
