"""What is run: one file per task, found by its path."""
