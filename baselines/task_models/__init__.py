"""A task with its tokenizer and model, made ready to compute."""
