"""Our texts: baselines.writing.Writer; the environment's KERAS_BACKEND says on what. Option: profile."""

import pathlib
import sys
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import keras  # noqa: E402
from step_ours import backend_version  # noqa: E402
from writing_worker import serve  # noqa: E402

from baselines.decoding.decoder_protocol import Prompt  # noqa: E402
from baselines.decoding.generation_config import GenerationConfig  # noqa: E402
from baselines.generation.batch_generator import BatchGenerator  # noqa: E402
from baselines.generation.cached_decoder import CachedDecoder  # noqa: E402
from baselines.heads.language_model import LanguageModelHead  # noqa: E402
from baselines.models.builder import build_transformer_model  # noqa: E402


def build(sizes: dict, options: list) -> tuple:
    head = LanguageModelHead("prefix")
    model = head(build_transformer_model(sizes["folder"], **head.encoder))
    writer = BatchGenerator(model, sizes["end_id"], sizes["config"]["max_position_embeddings"])
    settings = {
        "beam": GenerationConfig(beam=sizes["beam"], max_tokens=sizes["tokens"]),
        "top-k": GenerationConfig(top_k=sizes["top_k"], num=sizes["num"], max_tokens=sizes["tokens"], seed=0),
    }
    clock = Clock() if "profile" in options else None

    def write(search, prompts):
        prompts = [Prompt(prompt, 0 * prompt) for prompt in prompts]
        return [text.token_ids for found in writer.write(prompts, settings[search]) for text in found]

    def more():
        parts = clock.read() if clock else {}
        return {"compilations": sum(rows.compilations for rows in writer._rows.values()), "parts": parts}

    backend = keras.backend.backend()
    return write, more, model.count_params(), {"keras": keras.__version__, backend: backend_version(backend)}


class Clock:
    """Seconds in the prompts' pass, in steps, and in the compiled part of these, until a result is there."""

    def __init__(self):
        self.seconds = {}
        for name, part in {"admit": "prompt", "step": "step"}.items():
            setattr(CachedDecoder, name, self.timed(getattr(CachedDecoder, name), part))
        make = CachedDecoder.__init__

        def timed_compiled(rows, *args, **kwargs):
            make(rows, *args, **kwargs)
            rows._step = self.timed(rows._step, "compiled")

        CachedDecoder.__init__ = timed_compiled

    def timed(self, function: Callable, part: str) -> Callable:
        def call(*args, **kwargs):
            start = time.perf_counter()
            found = function(*args, **kwargs)
            if part == "compiled":                                      # JAX answers before it is done
                keras.tree.map_structure(keras.ops.convert_to_numpy, found[0]["end"])
            self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - start
            return found

        return call

    def read(self) -> dict:
        found, self.seconds = self.seconds, {}
        return found


if __name__ == "__main__":
    serve(build)
