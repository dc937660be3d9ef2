"""What users hold of a trained run: TextGenerator, TextEmbedder, SemanticSearch, Predictor and others."""
