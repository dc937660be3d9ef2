"""Parsing and validation of request bodies."""
