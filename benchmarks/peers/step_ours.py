"""Our step. Options: jit or graph, recompute, fgm, bf16; the environment's KERAS_BACKEND says on what."""

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


def build(sizes: dict, options: list) -> tuple:
    recipe = Recipe(recompute="recompute" in options, precision="bf16" if "bf16" in options else "float32")
    start_backend(recipe)                           # as run.py does, for it sets what happens to freed memory
    from baselines.task_models.loading import POLICIES
    from baselines.training import steps as training
    from baselines.training import strategies
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(POLICIES[recipe.precision])
    encoder = build_transformer_model(sizes["config"])
    model = ClassificationHead(sizes["classes"])(encoder)
    optimizer = optimizers.build_optimizer(recipe, recipe.learning_rate, model.trainable_variables)
    steps = training.Steps(
        model, cross_entropy, optimizer, strategies.build_strategies(["fgm"] if "fgm" in options else [], {}), jit="jit" in options,
        clip_norm=recipe.clip_norm, recompute=recipe.recompute,
    )

    def step(batch):
        token_ids, segment_ids, targets = batch
        features = {"token_ids": token_ids, "segment_ids": segment_ids}
        weights = (targets >= 0).astype("float32")
        return training.to_float(steps.train([{"features": features, "targets": targets, "weights": weights}])["loss"])

    backend = keras.backend.backend()
    return step, model.count_params(), {"keras": keras.__version__, backend: backend_version(backend)}


def backend_version(name: str) -> str:
    module = sys.modules[name]
    return module.__version__ if hasattr(module, "__version__") else version(name)


if __name__ == "__main__":
    serve(build)
