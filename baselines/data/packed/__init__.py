"""Text packed once into memory-mapped rows, for pretraining."""
