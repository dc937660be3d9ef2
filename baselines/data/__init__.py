"""From files to batches: readers per format, checked examples, encoded rows, padded batches."""
