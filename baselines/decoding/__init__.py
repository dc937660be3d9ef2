"""Search over scores for a prediction as a whole."""
