"""Classify texts without training: each label becomes a sentence, and a model says how well it goes with the text.

run.py zero-shot --init CHECKPOINT --labels 体育 财经 --template "这是一则{label}新闻" "国足今晚主场迎战" [--by nsp|mlm|vectors]
run.py zero-shot --run NLI_RUN --by entailment --labels labels.txt --input texts.txt --output found.jsonl
"""

import dataclasses
import json
import sys
from typing import Any

import tyro

from baselines.cli.argument_parser import existing, existing_checkpoint, parse
from baselines.cli.startup import start_backend
from baselines.data.readers import any_format, text_lines
from baselines.errors import InputError, nearest
from baselines.prompts.label_words import Prompts
from baselines.storage.atomic_files import atomic_write
from baselines.storage.temporary_names import file_destination

WAYS = ("nsp", "mlm", "vectors", "entailment")
TEMPLATES = ("{label}", "{label}新闻", "这是一则{label}新闻", "这句话的主题是{label}", "下面是关于{label}的内容", "我觉得{label}")
"""What --search chooses from, besides --template."""
CHUNK = 64


@dataclasses.dataclass(frozen=True)
class Flags:
    """Classify texts without training."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts to classify, instead of --input."""
    labels: tuple[str, ...] = ()
    """Labels, or one file with a label per line, and after a tab what stands in the template for it."""
    by: str = "nsp"
    """nsp (next-sentence head), mlm (masks in place of the label), vectors (cosine), entailment (a run of inference)."""
    init: str | None = None
    """Checkpoint for nsp, mlm and vectors: a folder, hf:ORG/NAME or modelscope:ORG/NAME."""
    run: str | None = None
    """Run: of inference for entailment, of any task for vectors."""
    demo: bool = False
    """Use the embedded small model (checkpoints/mini)."""
    template: str = "{label}"
    """Sentence of a label; with --by mlm it may hold {text}, which else follows it."""
    suffix: bool = False
    """With --by nsp: the text first, the sentence of the label behind it."""
    calibrate: bool = True
    """With --by mlm: take out how likely a label is beside an empty text."""
    pooling: str | None = None
    """With --by vectors: first, mean or pooler."""
    input: str | None = None
    """File with one text per line."""
    search: str | None = None
    """Labelled file (csv, tsv, JSON lines with `text` and `label`): its most accurate template is taken. That uses its labels."""
    output: str | None = None
    """File to write, JSON lines. Default: lines on standard output."""


def main(argv: list[str]) -> int:
    """Classifies the texts of the command line or of a file. Returns the exit code."""
    flags = parse(Flags, argv, "run.py zero-shot")
    check(flags)
    names, descriptions = labels_of(flags.labels)
    texts = list(flags.texts)
    if flags.input:
        path = existing(flags.input, "--input")
        texts = [line.strip() for _, line in text_lines.read(path) if line.strip()]
        if not texts:
            raise InputError(f"--input: {path} holds no text. Write one per line.")
    examples = labelled(flags.search, names) if flags.search else []
    start_backend()
    way, prompts = model_of(flags), Prompts(names, flags.template, descriptions)
    if examples:
        prompts = searched(way, prompts, examples)
    rows = []
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        rows += [row_of(text, names, scores) for text, scores in zip(chunk, way.scores(chunk, prompts), strict=True)]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    if flags.output:
        with atomic_write(flags.output, "w") as file:
            file.writelines(lines)
    else:
        sys.stdout.writelines(lines)
    return 0


def check(flags: Flags) -> None:
    """Raises InputError for flags that do not fit, before anything is loaded."""
    if flags.by not in WAYS:
        raise InputError(f"--by {flags.by!r} is unknown. Choose one of {', '.join(WAYS)}. {nearest(flags.by, WAYS)}")
    if bool(flags.texts) == bool(flags.input):
        problem = "texts and --input exclude each other" if flags.input else "no text is given"
        raise InputError(f"run.py zero-shot: {problem}. Give texts, or --input FILE.")
    if flags.by == "entailment" and not flags.run:
        raise InputError("--by entailment needs a run of natural language inference. Give --run DIR, such as one of clue/ocnli.")
    if flags.by in ("nsp", "mlm") and flags.run:
        raise InputError(f"--by {flags.by} takes a checkpoint. Give --init {flags.run}/best if it has the head, or another one.")
    if sum(map(bool, (flags.init, flags.run, flags.demo))) != 1:
        raise InputError("run.py zero-shot: give one of --init CHECKPOINT, --run DIR and --demo.")
    if flags.init:
        existing_checkpoint(flags.init, "--init")
    if flags.output is not None:
        file_destination(flags.output)


def labels_of(words: tuple[str, ...]) -> tuple[list[str], list[str] | None]:
    """(names, descriptions or None) of --labels: the words, or a file with a label per line and, after a tab, its description."""
    if len(words) == 1 and words[0].endswith((".txt", ".tsv")):
        pairs = [line.strip("\n").partition("\t") for _, line in text_lines.read(existing(words[0], "--labels")) if line.strip()]
        names = [name.strip() for name, _, _ in pairs]
        return names, [description.strip() or name for name, (_, _, description) in zip(names, pairs, strict=True)]
    return list(words), None


def labelled(path: str, names: list[str]) -> list[tuple[str, str]]:
    """[(text, label)] of a labelled file. Raises InputError for a label that is not among --labels."""
    examples = []
    for row in any_format.read(existing(path, "--search")):
        text, label = row.text("text" if "text" in row else "sentence"), row.label()
        if label not in names:
            raise InputError(f"{row.origin}: {label!r} is not among --labels. {nearest(str(label), names)}")
        examples.append((text, label))
    return examples


def model_of(flags: Flags) -> Any:
    """The way to score labels that --by names."""
    from baselines.experiment.input_files import checkpoint_folder
    from baselines.inference import zero_shot
    from baselines.inference.text_embedder import TextEmbedder

    if flags.by == "entailment":
        return zero_shot.Entailment.from_run(flags.run)
    if flags.by == "vectors":
        embedder = TextEmbedder.from_run(flags.run, flags.pooling) if flags.run else None
        return zero_shot.LabelVectors(embedder or TextEmbedder.from_checkpoint(checkpoint_folder(flags), flags.pooling))
    if flags.by == "mlm":
        return zero_shot.MaskedLabel.from_checkpoint(checkpoint_folder(flags), flags.calibrate)
    return zero_shot.NextSentence.from_checkpoint(checkpoint_folder(flags), prefix=not flags.suffix)


def searched(way: Any, prompts: Any, examples: list[tuple[str, str]]) -> Any:
    """The Prompts with the template that is most accurate on labelled examples. Prints each accuracy, and that labels were used."""
    best = None
    for template in dict.fromkeys([prompts.template, *TEMPLATES]):
        candidate = dataclasses.replace(prompts, template=template)
        found = way.scores([text for text, _ in examples], candidate).argmax(axis=1)
        right = sum(prompts.labels[index] == label for index, (_, label) in zip(found, examples, strict=True)) / len(examples)
        print(f"{right:.4f}  {template}", file=sys.stderr)
        if best is None or right > best[0]:
            best = right, candidate
    print(
        f"note: {best[1].template!r} was chosen with the labels of {len(examples)} examples, so this is not zero-shot any more, "
        "and its accuracy on them is too high.", file=sys.stderr,
    )  # fmt: skip
    return best[1]


def row_of(text: str, names: list[str], scores: Any) -> dict:
    """One line of the result: the best label, and the scores of all."""
    return {
        "text": text, "label": names[int(scores.argmax())],
        "scores": {name: round(float(score), 6) for name, score in zip(names, scores, strict=True)},
    }  # fmt: skip
