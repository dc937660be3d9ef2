"""What a folder offers, found by its files: tasks, families, strategies, optimizers, losses and their settings."""
