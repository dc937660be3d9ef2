"""bert4keras 0.11.5 on tf-keras: its AutoRegressiveDecoder over `last_token(model).predict`, as in all of its examples.

It has no memory of keys and values and no batches of prompts: they are written for one after another.
"""

import os
import pathlib
from importlib.metadata import version
from typing import Any

os.environ |= {"TF_KERAS": "1", "TF_USE_LEGACY_KERAS": "1"}

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from bert4keras.models import build_transformer_model  # noqa: E402
from bert4keras.snippets import AutoRegressiveDecoder  # noqa: E402
from writing_worker import serve  # noqa: E402


class Decoder(AutoRegressiveDecoder):
    @AutoRegressiveDecoder.wraps(default_rtype="probas")
    def predict(self, inputs: Any, output_ids: Any, states: Any) -> Any:
        token_ids = np.concatenate([inputs[0], output_ids], 1)
        segment_ids = np.concatenate([np.zeros_like(inputs[0]), np.ones_like(output_ids)], 1)
        return self.last_token(self.model).predict([token_ids, segment_ids], verbose=0)


def build(sizes: dict, options: list) -> tuple:
    np.random.seed(0)
    folder = pathlib.Path(sizes["folder"])
    decoder = Decoder(start_id=None, end_id=sizes["end_id"], maxlen=sizes["tokens"])
    decoder.model = build_transformer_model(
        config_path=str(folder / "config.json"), checkpoint_path=str(folder / "bert_model.ckpt"), application="unilm"
    )

    def write(search, prompts):
        if search == "beam":
            return [decoder.beam_search([prompt], topk=sizes["beam"]) for prompt in prompts]
        return [text for prompt in prompts for text in decoder.random_sample([prompt], n=sizes["num"], topk=sizes["top_k"])]

    packages = {name: version(name) for name in ("bert4keras", "tf-keras")}
    return write, dict, decoder.model.count_params(), {**packages, "tensorflow": tf.__version__}


if __name__ == "__main__":
    serve(build)
