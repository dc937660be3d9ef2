"""Chat in the terminal with a run of chat; replies appear as they are written.

run.py chat --run DIR        run.py chat --demo        in it: /reset  /params  /undo  /help  /quit, Ctrl-C stops a reply
"""

import dataclasses
import sys

from baselines.cli.argument_parser import parse
from baselines.cli.generate import WritingFlags
from baselines.cli.startup import start_backend
from baselines.errors import InputError, nearest
from baselines.experiment.run_folder import RunFolder

HELP = """/reset           forget what was said
/undo            forget the last message and its reply
/params          show the parameters; /params top_k=5 temperature=0.8 changes some
/quit            leave, as Ctrl-D does
Ctrl-C           stop the reply"""


@dataclasses.dataclass(frozen=True)
class Flags(WritingFlags):
    """Chat with a run's best checkpoint."""

    run: str | None = None
    """Run folder."""
    demo: bool = False
    """Train a small model on the embedded dialogues first, half a minute, and chat with that."""


def main(argv):
    flags = parse(Flags, argv, "run.py chat")
    if bool(flags.run) == flags.demo:
        raise InputError(f"run.py chat: expected --run DIR or --demo. Received: {'both' if flags.demo else 'neither'}.")
    if flags.run:
        RunFolder.open(flags.run)

    start_backend()
    from baselines.inference.text_generator import TextGenerator

    generator = TextGenerator.from_run(flags.run or demo_run(), num_rows=1)
    if generator.kind != "chat":
        raise InputError(f"{flags.run}: expected a run of chat. Received: {generator.task_name}; see `run.py generate`.")
    writing = flags.writing(generator.writing)
    if writing.beam or writing.num > 1:
        raise InputError("run.py chat: expected replies that are drawn, one at a time. Received: --beam or --num.")
    Conversation(generator, writing).talk()


def demo_run():
    """The folder of a chat run on the embedded dialogues."""
    from baselines.runtime.progress import Display
    from baselines.workflows import demo_chat

    with Display() as display:
        return demo_chat.demo_run(display)


class Conversation:
    """What was said so far, and how replies are written."""

    def __init__(self, generator, writing):
        self.generator, self.writing, self.utterances = generator, writing, []

    def talk(self):
        """Reads messages and commands until the input ends."""
        self.say(f"{self.generator.name}: write something; /help shows the commands.")
        while True:
            try:
                line = input("> " if sys.stdin.isatty() else "").strip()
            except EOFError:
                return
            except KeyboardInterrupt:                                   # nothing to stop: a new line, as shells do
                self.say("")
                continue
            if line == "/quit":
                return
            try:
                self.command(line) if line.startswith("/") else self.answer(line)
            except InputError as error:
                self.say(f"error: {error}")

    def command(self, line):
        name, *values = line.split()
        if name == "/reset":
            self.utterances = []
        elif name == "/undo":
            self.utterances = self.utterances[:-2]
        elif name == "/params":
            self.writing = changed(self.writing, values)
            self.say("  ".join(f"{name}={value}" for name, value in parameters(self.writing).items()))
        elif name == "/help":
            self.say(HELP)
        else:
            known = ("/reset", "/undo", "/params", "/help", "/quit")
            raise InputError(f"expected one of {', '.join(known)}. Received: {name}. {nearest(name, known)}")

    def answer(self, message):
        """Shows the reply while it is written; what Ctrl-C leaves of it is part of the dialogue."""
        if not message:
            return
        said = [*self.utterances, message]
        _, dropped = self.generator.prompt(said, self.writing.max_tokens)
        if dropped:
            self.say(f"({dropped} of the oldest utterances do not fit any more and are left out)")
        pieces = []
        try:
            for piece in self.generator.stream(said, self.writing):
                pieces.append(piece)
                print(piece, end="", flush=True)
        except KeyboardInterrupt:
            print(" …", end="")
        print()
        reply = "".join(pieces)
        if reply.strip():                                               # a reply without text would not be one of a dialogue
            self.utterances = [*said, reply]

    def say(self, text):
        """What is no part of the dialogue goes to standard error."""
        print(text, file=sys.stderr)


def parameters(writing):
    """{flag: value} of a Writing that draws."""
    return {
        "top_k": writing.top_k, "top_p": writing.top_p, "temperature": writing.temperature, "min_length": writing.min_tokens,
        "max_length": writing.max_tokens, "repetition_penalty": writing.repetition_penalty,
        "no_repeat_ngram": writing.no_repeat_ngram, "keep_end": writing.keep_end, "seed": writing.seed,
    }  # fmt: skip


def changed(writing, words):
    """The Writing with NAME=VALUE words taken in. Raises InputError for one that is not, and unfit values."""
    argv, keep_end = [], writing.keep_end
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or name not in parameters(writing):
            raise InputError(f"/params: expected NAME=VALUE. Received: {word}. {nearest(name, parameters(writing))}")
        if name == "keep_end":
            keep_end = value.lower() == "true"
        else:
            argv += [f"--{name}", value]
    flags = parse(WritingFlags, argv, "/params")
    return dataclasses.replace(flags.writing(writing), keep_end=keep_end, seed=writing.seed if flags.seed is None else flags.seed)
