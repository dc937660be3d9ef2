"""The threads that compute for requests, one per model."""
