"""The bodies of requests, parsed and checked."""
