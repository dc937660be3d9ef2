"""Our step. Options: jit or graph, recompute; the environment's KERAS_BACKEND says on what."""

import pathlib
import sys
from importlib.metadata import version

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import keras  # noqa: E402
from worker import serve  # noqa: E402

from baselines.cli.startup import start_backend  # noqa: E402
from baselines.heads.classification import ClassificationHead  # noqa: E402
from baselines.losses.cross_entropy import cross_entropy  # noqa: E402
from baselines.models.builder import build_transformer_model  # noqa: E402
from baselines.task import Recipe  # noqa: E402
from baselines.training import optimizers  # noqa: E402


def build(sizes, options):
    recipe = Recipe(recompute="recompute" in options)
    start_backend(recipe)                           # as run.py does, for it sets what happens to freed memory
    from baselines.training import steps as training
    keras.utils.set_random_seed(0)
    encoder = build_transformer_model(sizes["config"])
    model = ClassificationHead(sizes["classes"])(encoder)
    optimizer = optimizers.build(recipe, recipe.learning_rate, model.trainable_variables)
    steps = training.Steps(
        model, cross_entropy, optimizer, jit="jit" in options, clip_norm=recipe.clip_norm, recompute=recipe.recompute
    )

    def step(batch):
        token_ids, segment_ids, targets = batch
        features = {"token_ids": token_ids, "segment_ids": segment_ids}
        weights = (targets >= 0).astype("float32")
        return training.to_float(steps.train([{"features": features, "targets": targets, "weights": weights}])["loss"])

    backend = keras.backend.backend()
    return step, model.count_params(), {"keras": keras.__version__, backend: backend_version(backend)}


def backend_version(name):
    module = sys.modules[name]
    return module.__version__ if hasattr(module, "__version__") else version(name)


if __name__ == "__main__":
    serve(build)
