"""What may be wrong with data before a model sees it: one check, or one family of checks, per file."""
