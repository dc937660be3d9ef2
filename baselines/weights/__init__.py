"""Read and write checkpoints: Google's TensorFlow files, safetensors with Hugging Face's names; say what was loaded."""
