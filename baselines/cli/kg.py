"""Knowledge graphs: build an index that constrains a model's answers, inspect one, and ask questions.

run.py kg build FILE --vocab CHECKPOINT --out INDEX [--format knowledge|lines|tsv|jsonl] [--skip_bad_lines] [--order spm]
run.py kg inspect INDEX [--vocab CHECKPOINT] [--limit 5]
run.py kg ask --run DIR --index INDEX ["question" …] [--num 3]
"""

import dataclasses
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import tyro

from baselines.cli import converse
from baselines.cli.argument_parser import existing, existing_checkpoint, parse, parse_for_run
from baselines.cli.startup import start_backend
from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.format import INDEX
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.names import order_of
from baselines.retrieval.prefix_index.reading import key_reader
from baselines.retrieval.prefix_index.string_table import KeyTokenizer
from baselines.runtime.progress import Display, StageProgress
from baselines.storage.array_folder import require_replaceable
from baselines.tokenizers.tokenizer import Tokenizer

if TYPE_CHECKING:
    pass


@dataclasses.dataclass(frozen=True)
class BuildFlags:
    """Build an index of a file. An index that exists is replaced when the new one is complete."""

    vocab: str
    """Checkpoint folder with the vocabulary of the model that will use the index."""
    out: str
    """Folder of the index."""
    format: str = "knowledge"
    """knowledge: lines of subject, predicate and object between tabs; lines: keys; tsv: key and values; jsonl: {"key", "value"}."""
    skip_bad_lines: bool = False
    """Skip malformed lines and count them. Otherwise the first one is an error."""
    order: str = "spm"
    """Order of a key of knowledge: spm (subject, predicate, meaning) or smp, as in the run that will use the index."""
    quiet: bool = False
    """Show no progress."""


@dataclasses.dataclass(frozen=True)
class InspectFlags:
    """Verify every byte of an index, and show what it holds."""

    vocab: str | None = None
    """Checkpoint folder to compare the vocabulary with."""
    limit: int = 5
    """How many keys to show."""


@dataclasses.dataclass(frozen=True)
class AskFlags:
    """Answer questions with a run. Without questions, each line of the input is one.

    With --run DIR, --help shows --index, --beam and more."""

    questions: tyro.conf.Positional[tuple[str, ...]] = ()
    """Questions, each between quotes."""
    run: str = tyro.MISSING
    """Run folder."""
    num: int = 3
    """Answers to show for each question, at most."""


def main(argv: list[str]) -> int | None:
    if not argv or argv[0] in ("-h", "--help"):
        print(f"{__doc__.strip()}\n\nrun.py kg build --help shows the flags of build; the other verbs have --help, too.")
        return
    verb, *rest = argv
    if verb == "ask":
        return ask(rest)
    if verb not in VERBS:
        raise InputError(f"run.py kg {excerpt(verb)}: there is no such verb. {nearest(verb, [*VERBS, 'ask'])}")
    run, expected = VERBS[verb]
    target = rest.pop(0) if rest and not rest[0].startswith("-") else None
    if target is None and not {"-h", "--help"} & set(rest):
        raise InputError(f"kg {verb}: {expected} is missing. Give it right after the verb.")
    run(target, rest)


def build_index(source: str | None, argv: list[str]) -> None:
    """Runs `kg build`."""
    flags = parse(BuildFlags, argv, "run.py kg build FILE")
    source = existing(source, "run.py kg build")
    key_reader(flags.format), order_of(flags.order), require_replaceable(flags.out, INDEX)      # before the vocabulary is read
    tokenizer = KeyTokenizer.of(Tokenizer.from_folder(existing_checkpoint(flags.vocab, "--vocab", weights=False)))
    with Display(flags.quiet) as display:
        with StageProgress(display) as report:
            counts = build(source, flags.out, tokenizer, flags.format, flags.skip_bad_lines, report, flags.order)
        display.result(f"{flags.out}: {summary(counts)}")
        if counts["skipped_lines"]:
            display.result(f"skipped {counts['skipped_lines']:,} lines; without --skip_bad_lines the first one is shown")
        if counts.get("unbalanced_names"):
            display.note(f"{counts['unbalanced_names']:,} names have unmatched brackets and are kept unchanged")


def inspect_index(folder: str | None, argv: list[str]) -> None:
    """Runs `kg inspect`."""
    flags = parse(InspectFlags, argv, "run.py kg inspect INDEX")
    checkpoint = existing_checkpoint(flags.vocab, "--vocab", weights=False) if flags.vocab else None
    fingerprint = Tokenizer.from_folder(checkpoint).fingerprint() if checkpoint else None
    index = PrefixIndex.open(folder, fingerprint, verify=True)
    header = index.header
    size = sum(file["bytes"] for file in header["files"].values())
    print(f"index          version {header['version']}, {header['layout']}, {size / 1e6:,.1f} MB, all checksums match")
    print(f"a key is       {', '.join(index.order)}")
    print(f"holds          {summary(header['counts'])}")
    print(f"vocabulary     {header['vocabulary']['size']:,} tokens, {header['vocabulary']['fingerprint'][:16]}…"
          f"{', as in ' + flags.vocab if flags.vocab else ''}")  # fmt: skip
    for key in range(min(max(flags.limit, 0), len(index))):
        entry = index.entry(key)
        parts = [entry.name, entry.predicate] if index.parts == 3 else [entry.name]
        print("  ".join([*parts, *map(excerpt_of, entry.values[:3]), *(["…"] if len(entry.values) > 3 else [])]))


def ask(argv: list[str]) -> int:
    """Runs `kg ask`. Returns the exit code."""
    flags, changes = parse_for_run(AskFlags, argv, "run.py kg ask")
    if flags.num < 1:
        raise InputError(f"--num: {flags.num} is out of range. Give at least 1.")
    if any(not question.strip() for question in flags.questions):
        raise InputError("kg ask: a question is empty. Remove it.")
    start_backend()
    from baselines.inference.knowledge_answerer import KnowledgeAnswerer

    answerer = KnowledgeAnswerer.from_run(flags.run, changes)
    if flags.questions:
        for question, answers in zip(flags.questions, answerer.ask(flags.questions, flags.num), strict=True):
            print_answers(answers, question if len(flags.questions) > 1 else "")
        return 0
    print(f"{answerer.task_name}: type a question; Ctrl-D ends.", file=sys.stderr)
    typed = sys.stdin.isatty()                                          # piped questions are not on the screen
    return converse(lambda question: print_answers(answerer.ask([question], flags.num)[0], "" if typed else question))


def print_answers(answers: Sequence, question: str = "") -> None:
    """Prints the answers to a question, best first, with the reasons for each.

    Args:
        answers: KnowledgeAnswers, best first.
        question: Printed first if it is not empty.
    """
    if question:
        print(question)
    if not answers:
        print("no answer: the model completed no key of the index")
    for rank, answer in enumerate(answers, start=1):
        parts = ((answer.subject, answer.meaning and f"（{answer.meaning}）"), (answer.predicate,), (excerpt_of(answer.object),))
        print(f"{rank}  {'  '.join(''.join(part) for part in parts)}   {math.exp(min(answer.score, 0)):.4f}")
        for reason in answer.why:
            print(f"     {reason}")


VERBS = {"build": (build_index, "the file"), "inspect": (inspect_index, "the folder of an index")}
"""{verb: (function, its first argument in words)}"""


def summary(counts: Mapping[str, int]) -> str:
    """Describes what an index holds, in one line."""
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number)


def excerpt_of(value: object) -> str:
    return excerpt(value, 80)
