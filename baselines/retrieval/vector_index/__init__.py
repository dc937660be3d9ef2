"""Vectors of texts in a folder, searched by FAISS: exactly, by inverted lists or by a graph, with the rows they came from."""
