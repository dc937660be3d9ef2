"""Training: the loop, the compiled step, optimizers and strategies."""
