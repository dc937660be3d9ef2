"""Our pretraining step as a contender: pretrain_ours.py SIZES, with KERAS_BACKEND; answers as worker.py, with the matrix peak."""

import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))


def build(sizes: dict) -> tuple:
    """(step: () -> loss, FLOPs of an update, versions)."""
    import importlib

    import keras
    import numpy as np

    from baselines.cli.pretrain import find
    from baselines.cli.startup import start_backend
    from baselines.models.builder import build_transformer_model, configure
    from baselines.tokenizers.vocabulary import Vocabulary
    from baselines.training import optimizers, schedule
    from baselines.training.memory_estimate import flops

    _, objective = find(sizes["objective"])
    start_backend(objective.recipe)                 # as run.py does, for it sets what happens to freed memory
    from baselines.training import steps as training
    keras.utils.set_random_seed(0)
    config = configure(sizes["config"], hidden_dropout_prob=sizes["dropout"], attention_probs_dropout_prob=sizes["dropout"])
    model = objective.head(build_transformer_model(config, **objective.head.encoder))
    weights = model.trainable_variables
    optimizer = optimizers.build_optimizer(objective.recipe, schedule.build_schedule(objective.recipe, 10**6), weights)
    steps = training.Steps(model, objective.loss, optimizer, clip_norm=1.0)

    rows, length, rng = sizes["batch_size"], sizes["length"], np.random.default_rng(0)
    vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"t{n}" for n in range(config.vocab_size - 5))])
    token_ids = rng.integers(5, config.vocab_size, (rows, length)).astype(np.int32)
    token_ids[:, 0], token_ids[:, -1] = vocabulary.cls_id, vocabulary.sep_id
    features, targets = objective.make(token_ids, rng.random((rows, length)) < 0.6, vocabulary, rng)
    batch = {"features": features, "targets": targets, "weights": np.ones(rows, np.float32)}
    head = config.hidden_size * config.embedding_size + config.embedding_size * config.vocab_size
    work = rows * (flops(config, length) + 3 * 2 * targets.shape[1] * head)
    versions = {name: importlib.import_module(name).__version__ for name in ("keras", keras.backend.backend())}
    return lambda: training.to_float(steps.train([batch])["loss"]), work, versions


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)                                                       # what libraries print must not look like an answer
    step, work, versions = build(json.loads(sys.argv[1]))
    from baselines.training.speed import matrix_peak

    def answer(**values):
        print(json.dumps(values), file=answers, flush=True)

    started = time.perf_counter()
    step()
    answer(compile_seconds=time.perf_counter() - started, flops=work, versions=versions)
    for line in sys.stdin:
        seconds, cpu = [], time.process_time()
        for _ in range(int(line)):
            started = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - started)
        cpu = time.process_time() - cpu
        answer(seconds=seconds, cpu_seconds=cpu, peak=matrix_peak())


if __name__ == "__main__":
    main()
