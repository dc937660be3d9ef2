"""One file per job: fine-tuning, pretraining, data linting, embedding a file, building an index and others."""
