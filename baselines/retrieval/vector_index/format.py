"""What the folder of a vector index says that it is; array_folder.py writes and reads it."""

from baselines.storage.array_folder import Kind

VECTORS = Kind("vector-index", 1, "vectors.json", "a vector index", "Build one with `run.py index`.")
METRICS = ("cosine", "ip")
"""Vectors are kept at length 1 and compared by cosine, or kept as they are and compared by inner product."""
STRUCTURE = "structure.faiss"
CHUNK_SIZE = 1 << 15
"""Vectors that are read, checked and written at once."""
