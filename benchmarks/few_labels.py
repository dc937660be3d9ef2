"""FewCLUE, fold 0: the largest class, zero-shot and few-shot of each way, and plain fine-tuning, from one checkpoint.

    python benchmarks/few_labels.py --data datasets/fewclue --output runs/fewclue [--tasks eprstmt tnews] [--ways pet closed_form]

Trains on train_0.json, chooses the epoch on dev_0.json, and scores rows of dev_few_all.json that are in neither of them, at most
--rows of each task. Each task is a process; what is in OUTPUT/scores.jsonl is not computed again.
"""

import argparse
import collections
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
TASKS = ("eprstmt", "bustm", "ocnli", "csl", "cluewsc", "chid", "tnews", "csldcp", "iflytek")
ZERO, FEW = ("nsp", "mlm", "vectors"), ("plain", "pet", "p_tuning", "closed_form", "setfit", "head_start")
WAYS = ("majority", *ZERO, *FEW)
FLAGS = {
    "plain": [], "pet": ["--few", "pet"], "p_tuning": ["--few", "pet", "--few.prompts", "6"],
    "closed_form": ["--few", "closed_form"], "setfit": ["--few", "setfit", "--batch_size", "32"],
    "head_start": ["--head_start", "closed_form"],
}  # fmt: skip
ENDED = {("chid", "p_tuning"), ("chid", "setfit")}
"""Ways that need classes, which the candidates of a text are not."""
EPOCHS = {"tnews": 6, "csldcp": 4, "iflytek": 3}
LENGTH = 64


def lines_of(path):
    import gzip

    opener = (path.open if path.exists() else lambda: gzip.open(f"{path}.gz", "rt", encoding="utf-8"))
    with opener() as file:
        return [json.loads(line) for line in file if line.strip()]


def held_out(folder, output, limit):
    """The path of a file with rows of dev_few_all.json that neither train_0.json nor dev_0.json has."""
    key = lambda row: json.dumps({k: v for k, v in row.items() if k not in ("id", "idx")}, sort_keys=True)  # noqa: E731
    seen = {key(row) for name in ("train_0.json", "dev_0.json") for row in lines_of(folder / name)}
    rows = [row for row in lines_of(folder / "dev_few_all.json") if key(row) not in seen]
    random.Random(0).shuffle(rows)
    rows = [{**row, "idx" if "idx" in row else "id": number} for number, row in enumerate(rows[:limit])]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return output


def trained(name, way, options, folder, test):
    """Accuracy on `test` of a run of the command line."""
    from baselines.cli.main import main

    run = options.output / "runs" / name / way
    words = ["train", f"fewclue/{name}", "--train", folder / "train_0.json", "--dev", folder / "dev_0.json", "--init", options.init]
    words += ["--max_length", LENGTH, "--epochs", EPOCHS.get(name, 12), "--batch_size", 16 if name in EPOCHS else 8]
    words += ["--learning_rate", "1e-4", "--no_jit", "--quiet", "--cache", "", "--output", run, *FLAGS[way]]
    assert main([str(word) for word in words]) in (0, None)
    assert main(["evaluate", "--run", str(run), "--input", str(test), "--quiet"]) in (0, None)
    return json.loads((run / "evaluate" / test.name / "scores.json").read_text(encoding="utf-8"))["accuracy"]


def examples_of(name, path):
    from baselines.plugins import task_catalog

    task = task_catalog.find(f"fewclue/{name}")[1]
    return task, list(task.read(path))


def share(found, golds):
    return sum(map(lambda pair: pair[0] == pair[1], zip(found, golds, strict=True))) / len(golds)


def majority(name, folder, test):
    train, rows = examples_of(name, folder / "train_0.json")[1], examples_of(name, test)[1]
    common = collections.Counter(example.gold for example in train).most_common(1)[0][0]
    return share([common] * len(rows), [row.gold for row in rows])


def zero_shot(name, way, options, test):
    """Accuracy of labels as sentences. Pairs: ranks of next-sentence scores or cosines, cut into classes of equal size."""
    from baselines.inference import zero_shot as ways
    from baselines.inference.text_embedder import TextEmbedder
    from baselines.prompts.label_words import Prompts

    task, rows = examples_of(name, test)
    golds, cut = [row.gold for row in rows], LENGTH - 8
    if way == "mlm":
        model = ways.MaskedLabel.from_checkpoint(options.init)
        return share(masked(name, task, rows, model), golds)
    scorer = ways.NextSentence.from_checkpoint(options.init) if way == "nsp" else TextEmbedder.from_checkpoint(options.init)
    if name == "chid":
        found = []
        for row in rows:
            text, candidates = row.texts[0].replace("#idiom#", "")[:cut], list(row.texts[1:])
            found.append(int(scores_of(scorer, [(candidate, text) for candidate in candidates]).argmax()))
        return share(found, golds)
    if task.num_texts == 2:
        order = ["contradiction", "neutral", "entailment"] if name == "ocnli" else task.labels.names
        labels, _ = ways.samples_contrast(scores_of(scorer, [tuple(text[:cut] for text in row.texts) for row in rows]), len(order))
        return share([order[label] for label in labels], golds)
    words = [task.cloze.words[label] for label in task.labels.names]
    prompts = Prompts(words, task.cloze.pattern.replace("{text}", ""))
    model = scorer if way == "nsp" else ways.LabelVectors(scorer)
    scores = model.scores([row.texts[0][:cut] for row in rows], prompts)
    return share([task.labels.names[index] for index in scores.argmax(axis=1)], golds)


def scores_of(scorer, pairs):
    import numpy as np

    if hasattr(scorer, "pair_scores"):
        return scorer.pair_scores(pairs)
    first, second = (scorer.encode(list(texts)) for texts in zip(*pairs, strict=True))
    return np.sum(first * second, axis=1)


def masked(name, task, rows, model):
    """Predictions by masks: of pairs too, through the task's pattern; calibrated by the texts' absence."""
    import numpy as np

    from baselines.prompts.label_words import Pattern, word_ids

    tokenizer, fill = model.fill_mask.tokenizer, model.fill_mask
    mask = tokenizer.vocabulary.mask_id

    def log_probabilities(rows, count):
        width = max(map(len, rows))
        padded = np.stack([np.pad(row, (0, width - len(row)), constant_values=tokenizer.vocabulary.pad_id) for row in rows])
        return fill.log_probabilities(padded, np.stack([np.flatnonzero(row == mask)[:count] for row in padded]))

    if name == "chid":
        from tasks.fewclue.chid import IDIOM, context_of

        contexts = [tokenizer.assemble([context_of(row, tokenizer, LENGTH - 2)])["token_ids"] for row in rows]
        found = log_probabilities(contexts, IDIOM)
        candidates = [np.stack([tokenizer.ids(candidate) for candidate in row.texts[1:]]) for row in rows]
        return [int(each[np.arange(IDIOM), ids].sum(axis=1).argmax()) for each, ids in zip(found, candidates, strict=True)]
    ids = word_ids([task.cloze.words[label] for label in task.labels.names], tokenizer, "words")
    pattern, empty = Pattern(task.cloze.pattern), ("",) * task.num_texts
    encoded = [pattern.row(texts, tokenizer, ids.shape[1], LENGTH)["token_ids"] for texts in [*(r.texts for r in rows), empty]]
    scores = log_probabilities(encoded, ids.shape[1])[:, np.arange(ids.shape[1]), ids].sum(axis=2)
    return [task.labels.names[index] for index in (scores[:-1] - scores[-1]).argmax(axis=1)]


def measure(name, options):
    folder, scores = options.data / name, read_scores(options.output)
    test = held_out(folder, options.output / "held_out" / f"{name}.json", options.rows)
    for way in options.ways:
        if (name, way) in scores or (name, way) in ENDED:
            continue
        started, cpu = time.monotonic(), time.process_time()
        if way == "majority":
            score = majority(name, folder, test)
        else:
            score = zero_shot(name, way, options, test) if way in ZERO else trained(name, way, options, folder, test)
        row = {"task": name, "way": way, "accuracy": score, "rows": len(lines_of(test)), "seconds": time.monotonic() - started,
               "cpu": time.process_time() - cpu}  # fmt: skip
        with (options.output / "scores.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(row, flush=True)


def read_scores(output):
    path = output / "scores.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return {(row["task"], row["way"]): row for row in rows}


def table(output):
    scores = read_scores(output)
    lines = ["| | " + " | ".join(TASKS) + " | mean |", "|---|" + "---|" * (len(TASKS) + 1)]
    for way in WAYS:
        found = [scores.get((task, way)) for task in TASKS]
        if any(found):
            values = [row["accuracy"] for row in found if row]
            cells = [f"{100 * row['accuracy']:.1f}" if row else "-" for row in found]
            lines.append(f"| {way} | " + " | ".join(cells) + f" | {100 * sum(values) / len(values):.1f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT / "datasets" / "fewclue")
    parser.add_argument("--init", default=str(ROOT / "checkpoints" / "mini"))
    parser.add_argument("--output", type=Path, default=Path("runs") / "fewclue")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--rows", type=int, default=300)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    if len(options.tasks) == 1:
        measure(options.tasks[0], options)
    else:
        words = ["--data", options.data, "--init", options.init, "--output", options.output, "--rows", options.rows]
        for name in options.tasks:
            command = [sys.executable, __file__, *map(str, words), "--tasks", name, "--ways", *options.ways]
            subprocess.run(command, check=True, env=os.environ)
        print(table(options.output))


if __name__ == "__main__":
    main()
