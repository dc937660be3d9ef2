"""Text generation by a model: the KV cache and batches of prompts."""
