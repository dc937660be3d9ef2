"""BM25 over the words and characters of texts: which texts share rare terms with a query."""
