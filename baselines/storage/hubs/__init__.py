"""Checkpoints by name: hf:ORG/NAME[@REVISION] from Hugging Face, modelscope:ORG/NAME[@REVISION] from ModelScope."""
