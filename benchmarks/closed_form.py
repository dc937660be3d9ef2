"""A softmax classifier on fixed sentence vectors: closed form against gradient descent, scores and seconds.

    python benchmarks/closed_form.py --data datasets/fewclue [--init CHECKPOINT] [--tasks eprstmt tnews csldcp]

Vectors of train_few_all.json and dev_few_all.json, the mean of the tokens, texts cut at 60 characters. Gradient descent is Adam
with a rate of 1e-3 and batches of 32, on vectors as they are and with mean 0 and variance 1 by dimension. Prints a Markdown table.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CHARACTERS = 60


def data_of(name, folder, embedder):
    """[(vectors float32 (N, D), labels int (N,))] of train and dev."""
    from baselines.plugins import task_catalog

    task, result = task_catalog.find(f"fewclue/{name}")[1], []
    for split in ("train", "dev"):
        path = folder / name / f"{split}_few_all.json"
        examples = list(task.read(path if path.exists() else f"{path}.gz"))
        vectors = embedder.encode([example.texts[0][:CHARACTERS] for example in examples])
        result.append((vectors, np.array([task.labels.id(example.gold) for example in examples])))
    return result, len(task.labels)


def closed_form(train, dev, classes):
    from baselines.training.closed_form import ClassMoments

    moments = ClassMoments(classes)
    moments.add(*train)
    solution = moments.solve("auto")
    return [(solution.logits(vectors).argmax(axis=1) == labels).mean() for vectors, labels in (train, dev)]


def gradient_descent(train, dev, classes, epochs, standard):
    import keras

    keras.utils.set_random_seed(0)
    mean, scale = (train[0].mean(axis=0), train[0].std(axis=0)) if standard else (0, 1)
    model = keras.Sequential([keras.layers.Dense(classes)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    model.fit((train[0] - mean) / scale, train[1], batch_size=32, epochs=epochs, verbose=0)
    found = [model.predict((vectors - mean) / scale, verbose=0).argmax(axis=1) for vectors, _ in (train, dev)]
    return [(each == labels).mean() for each, (_, labels) in zip(found, (train, dev), strict=True)]


WAYS = {
    "closed form": closed_form,
    "gradient descent, 10 epochs": lambda *data: gradient_descent(*data, 10, False),
    "gradient descent, 100 epochs": lambda *data: gradient_descent(*data, 100, False),
    "the same, standardized vectors": lambda *data: gradient_descent(*data, 100, True),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT / "datasets" / "fewclue")
    parser.add_argument("--init", default=str(ROOT / "checkpoints" / "mini"))
    parser.add_argument("--tasks", nargs="+", default=["eprstmt", "tnews", "csldcp"])
    options = parser.parse_args()
    from baselines.inference.text_embedder import TextEmbedder

    embedder = TextEmbedder.from_checkpoint(options.init, "mean")
    print("| task | rows, classes | way | train | dev | CPU seconds |\n|---|---|---|---|---|---|")
    for name in options.tasks:
        (train, dev), classes = data_of(name, options.data, embedder)
        for way, solve in WAYS.items():
            started = time.process_time()
            scores = solve(train, dev, classes)
            cells = " | ".join(f"{100 * score:.1f}" for score in scores)
            seconds = time.process_time() - started
            print(f"| {name} | {len(train[1])} / {len(dev[1])}, {classes} | {way} | {cells} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
