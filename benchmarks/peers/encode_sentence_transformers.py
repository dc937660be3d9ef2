"""sentence-transformers on torch: its encode, which sorts texts by length, in batches of the given size. Option: threads."""

from importlib.metadata import version

import torch
from encoding_worker import serve
from sentence_transformers import SentenceTransformer, models


def build(sizes: dict, options: list) -> tuple:
    if options:
        torch.set_num_threads(int(options[0]))
    words = models.Transformer(sizes["folder"], max_seq_length=sizes["max_length"])
    model = SentenceTransformer(modules=[words, models.Pooling(words.get_word_embedding_dimension(), "mean")], device="cpu")
    parameters = sum(parameter.numel() for parameter in words.parameters())

    def encode(texts):
        return model.encode(texts, batch_size=sizes["batch_size"], normalize_embeddings=True, show_progress_bar=False)

    return encode, parameters, {name: version(name) for name in ("sentence-transformers", "transformers", "torch")}


if __name__ == "__main__":
    serve(build)
