"""Serves runs over HTTP: an OpenAI-compatible API for runs that generate, /predict for others, and pages to try them."""
