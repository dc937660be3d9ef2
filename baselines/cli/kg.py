"""Knowledge graphs: build an index that a model's answers are kept to, see what one holds, and ask questions.

run.py kg build FILE --vocab CHECKPOINT --out INDEX [--format knowledge|lines|tsv|jsonl] [--skip_bad_lines] [--order spm]
run.py kg inspect INDEX [--vocab CHECKPOINT] [--limit 5]
run.py kg ask --run DIR --index INDEX ["question" …] [--num 3]
"""

import dataclasses
import math
import sys

import tyro

from baselines.cli import converse
from baselines.cli.argument_parser import existing, parse, parse_for_run
from baselines.cli.startup import start_backend
from baselines.errors import InputError, nearest
from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.format import INDEX
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.names import order_of
from baselines.retrieval.prefix_index.reading import reader
from baselines.retrieval.prefix_index.string_table import KeyTokenizer
from baselines.runtime.progress import Display, StageProgress
from baselines.storage.array_folder import require_replaceable
from baselines.tokenizers.wordpiece import Tokenizer


@dataclasses.dataclass(frozen=True)
class BuildFlags:
    """Make an index of a file; one that is there is replaced when the new one is complete."""

    vocab: str
    """Checkpoint folder whose vocabulary the index is for: that of the model that will be asked."""
    out: str
    """Folder of the index."""
    format: str = "knowledge"
    """knowledge: lines of subject, predicate and object between tabs; lines: keys; tsv: key and values; jsonl: {"key", "value"}."""
    skip_bad_lines: bool = False
    """Leave lines out that are no use, and count them; else the first one is an error."""
    order: str = "spm"
    """Of what is written for a key of knowledge: spm (subject, predicate, meaning) or smp, as the run that will be asked."""
    quiet: bool = False
    """Show no progress."""


@dataclasses.dataclass(frozen=True)
class InspectFlags:
    """Check an index, every byte of it, and show what it holds."""

    vocab: str | None = None
    """Checkpoint folder to compare the vocabulary with."""
    limit: int = 5
    """How many keys to show."""


@dataclasses.dataclass(frozen=True)
class AskFlags:
    """Answer questions with a run; without any, each line of the input is one.

    With --run DIR, --help shows --index, --beam and more."""

    questions: tyro.conf.Positional[tuple[str, ...]] = ()
    """Questions, each between quotes."""
    run: str = tyro.MISSING
    """Run folder."""
    num: int = 3
    """Answers to show for a question, at most."""


def main(argv):
    if not argv or argv[0] in ("-h", "--help"):
        print(f"{__doc__.strip()}\n\nrun.py kg build --help and the like show the flags of each.")
        return
    verb, *rest = argv
    if verb == "ask":
        return ask(rest)
    if verb not in VERBS:
        raise InputError(f"run.py kg {verb}: there is no such verb. {nearest(verb, [*VERBS, 'ask'])}")
    run, expected = VERBS[verb]
    target = rest.pop(0) if rest and not rest[0].startswith("-") else None
    if target is None and not {"-h", "--help"} & set(rest):
        raise InputError(f"run.py kg {verb}: expected {expected} after it. Received: {rest[0] if rest else 'nothing'}.")
    run(target, rest)


def build_index(source, argv):
    flags = parse(BuildFlags, argv, "run.py kg build FILE")
    source = existing(source, "run.py kg build")
    reader(flags.format), order_of(flags.order), require_replaceable(flags.out, INDEX)      # before the vocabulary is read
    spelling = KeyTokenizer.of(Tokenizer.from_folder(existing(flags.vocab, "--vocab")))
    with Display(flags.quiet) as display:
        with StageProgress(display) as report:
            counts = build(source, flags.out, spelling, flags.format, flags.skip_bad_lines, report, flags.order)
        display.result(f"{flags.out}: {summary(counts)}")
        if counts["skipped_lines"]:
            display.result(f"lines left out: {counts['skipped_lines']:,}. Without --skip_bad_lines the first one is told.")
        if counts.get("unbalanced_names"):
            display.note(f"names whose brackets do not match, taken as they are: {counts['unbalanced_names']:,}")


def inspect_index(folder, argv):
    flags = parse(InspectFlags, argv, "run.py kg inspect INDEX")
    fingerprint = Tokenizer.from_folder(existing(flags.vocab, "--vocab")).fingerprint() if flags.vocab else None
    index = PrefixIndex.open(folder, fingerprint, verify=True)
    header = index.header
    size = sum(file["bytes"] for file in header["files"].values())
    print(f"index          version {header['version']}, {header['layout']}, {size / 1e6:,.1f} MB, every file as it was written")
    print(f"a key is       {', '.join(index.order)}")
    print(f"holds          {summary(header['counts'])}")
    print(f"vocabulary     {header['vocabulary']['size']:,} tokens, {header['vocabulary']['fingerprint'][:16]}…"
          f"{', as in ' + flags.vocab if flags.vocab else ''}")  # fmt: skip
    for key in range(min(max(flags.limit, 0), len(index))):
        entry = index.entry(key)
        parts = [entry.name, entry.predicate] if index.parts == 3 else [entry.name]
        print("  ".join([*parts, *map(shown, entry.values[:3]), *(["…"] if len(entry.values) > 3 else [])]))


def ask(argv):
    flags, changes = parse_for_run(AskFlags, argv, "run.py kg ask")
    if flags.num < 1:
        raise InputError(f"--num: expected a number, at least 1. Received: {flags.num}.")
    if any(not question.strip() for question in flags.questions):
        raise InputError("run.py kg ask: expected questions that are not empty. Received: an empty one.")
    start_backend()
    from baselines.inference.knowledge_answerer import KnowledgeAnswerer

    answerer = KnowledgeAnswerer.from_run(flags.run, changes)
    if flags.questions:
        for question, answers in zip(flags.questions, answerer.ask(flags.questions, flags.num), strict=True):
            tell(answers, question if len(flags.questions) > 1 else "")
        return 0
    print(f"{answerer.task_name}: ask something; Ctrl-D ends it.", file=sys.stderr)
    typed = sys.stdin.isatty()                                          # what comes by a pipe is not on the screen
    return converse(lambda question: tell(answerer.ask([question], flags.num)[0], "" if typed else question))


def tell(answers, question=""):
    """Prints the answers to a question, the best one first, and what speaks for each."""
    if question:
        print(question)
    if not answers:
        print("no answer: no key of the index was written to its end")
    for rank, answer in enumerate(answers, start=1):
        parts = ((answer.subject, answer.meaning and f"（{answer.meaning}）"), (answer.predicate,), (shown(answer.object),))
        print(f"{rank}  {'  '.join(''.join(part) for part in parts)}   {math.exp(min(answer.score, 0)):.4f}")
        for reason in answer.why:
            print(f"     {reason}")


VERBS = {"build": (build_index, "a file"), "inspect": (inspect_index, "the folder of an index")}
"""{verb: (what does it, what it expects first)}"""


def summary(counts):
    """What an index holds, in one line."""
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number)


def shown(value):
    text = str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
