"""Our vectors: baselines.embedder.Embedder; the environment's KERAS_BACKEND says on what. Option: the precision."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import keras  # noqa: E402
from encoding_worker import serve  # noqa: E402
from step_ours import backend_version  # noqa: E402

from baselines.inference.text_embedder import TextEmbedder  # noqa: E402


def build(sizes: dict, options: list) -> tuple:
    embedder = TextEmbedder.from_checkpoint(sizes["folder"], "mean", *options, max_length=sizes["max_length"])
    backend = keras.backend.backend()
    versions = {"keras": keras.__version__, backend: backend_version(backend)}
    return embedder.encode, embedder._model.count_params(), versions


if __name__ == "__main__":
    serve(build)
