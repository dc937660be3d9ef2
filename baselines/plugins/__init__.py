"""Discovery of tasks, families, strategies, optimizers and losses by their files, and their settings."""
