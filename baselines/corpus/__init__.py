"""Work on files of texts: statistics, deduplication, splits, shuffling, a vocabulary."""
