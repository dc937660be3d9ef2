"""Chores over files of texts: what is in them, what is in them twice, parts of them, a vocabulary of them."""
