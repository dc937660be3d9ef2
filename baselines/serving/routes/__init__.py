"""The HTTP routes, one file per endpoint."""
