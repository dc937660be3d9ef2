"""The texts of an example as one row for a language model: a source and its target, a dialogue."""
