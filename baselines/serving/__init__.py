"""Runs over HTTP: an OpenAI-compatible API for those that write, /predict for the others, and two pages to try them."""
