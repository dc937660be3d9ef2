"""Chat in the terminal with a run of chat or a published model; replies appear as they are generated.

run.py chat --run DIR    run.py chat --init CDIAL_GPT    run.py chat --demo
in it: /reset  /params  /undo  /help  /quit, Ctrl-C stops a reply
"""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from baselines.cli.argument_parser import parse
from baselines.cli.generate import GenerationFlags, require_source
from baselines.cli.startup import start_backend
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import InputError, excerpt, nearest

if TYPE_CHECKING:
    from baselines.inference.text_generator import TextGenerator

HELP = """/reset           start a new dialogue
/undo            remove the last message and its reply
/params          show the parameters; /params top_k=5 temperature=0.8 changes some
/quit            leave, like Ctrl-D
Ctrl-C           stop the reply"""


@dataclasses.dataclass(frozen=True)
class Flags(GenerationFlags):
    """Chat with a run's best checkpoint, or with a published one."""

    run: str | None = None
    """Run folder."""
    init: str | None = None
    """Checkpoint that was trained on dialogues, such as hf:thu-coai/CDial-GPT_LCCC-large or a folder, in place of a run."""
    demo: bool = False
    """Train a small model on the embedded dialogues first (half a minute), and chat with it."""


def main(argv: list[str]) -> None:
    flags = parse(Flags, argv, "run.py chat")
    require_source(flags, "chat")
    flags.check()
    if flags.beam or (flags.num or 1) > 1:
        raise InputError("chat: replies are sampled, one at a time. Leave --beam and --num out.")

    start_backend()
    from baselines.inference.text_generator import TextGenerator

    if flags.init:
        generator = TextGenerator.from_checkpoint(flags.init, dialogue=True, num_rows=1)
    else:
        generator = TextGenerator.from_run(flags.run or demo_run(), num_rows=1)
    if not generator.dialogue:
        raise InputError(f"{flags.run}, a run of {generator.task_name}, does not hold conversations. Use `run.py generate`.")
    config = flags.generation_config(generator.generation_config)
    if config.beam or config.num > 1:
        raise InputError("chat: this run generates by beam search. Sample instead, with --beam 0 or --top_k 5.")
    Conversation(generator, config).talk()


def demo_run() -> Path:
    """The folder of a chat run on the embedded dialogues."""
    from baselines.runtime.progress import Display
    from baselines.workflows import demo_chat

    with Display() as display:
        return demo_chat.demo_run(display)


class Conversation:
    """The dialogue so far, and how replies are generated."""

    def __init__(self, generator: "TextGenerator", config: GenerationConfig):
        self.generator, self.config, self.utterances = generator, config, []

    def talk(self) -> None:
        """Reads messages and commands until the input ends."""
        self.say(f"{self.generator.name}: type a message; /help shows the commands.")
        while True:
            try:
                line = input("> " if sys.stdin.isatty() else "").strip()
            except EOFError:
                return
            except KeyboardInterrupt:                                   # there is nothing to stop: start a new line, as shells do
                self.say("")
                continue
            if line == "/quit":
                return
            try:
                self.command(line) if line.startswith("/") else self.answer(line)
            except InputError as error:
                self.say(f"error: {error}")

    def command(self, line: str) -> None:
        """Runs a command such as /params. Raises InputError for an unknown one."""
        name, *values = line.split()
        if name == "/reset":
            self.utterances = []
        elif name == "/undo":
            self.utterances = self.utterances[:-2]
        elif name == "/params":
            self.config = change_config(self.config, values)
            self.say("  ".join(f"{name}={value}" for name, value in parameters(self.config).items()))
        elif name == "/help":
            self.say(HELP)
        else:
            known = ("/reset", "/undo", "/params", "/help", "/quit")
            raise InputError(f"There is no command {excerpt(name)}. {nearest(name, known)}")

    def answer(self, message: str) -> None:
        """Prints the reply while it is generated. If Ctrl-C stops it, the part so far joins the dialogue."""
        if not message:
            return
        utterances = [*self.utterances, message]
        _, dropped = self.generator.prompt(utterances, self.config.max_tokens)
        if dropped:
            self.say(f"(the {dropped} oldest utterances no longer fit and are left out)")
        pieces = []
        try:
            for piece in self.generator.stream(utterances, self.config):
                pieces.append(piece)
                print(piece, end="", flush=True)
        except KeyboardInterrupt:
            print(" …", end="")
        print()
        reply = "".join(pieces)
        if reply.strip():                                               # a dialogue has no empty replies
            self.utterances = [*utterances, reply]

    def say(self, text: str) -> None:
        """Prints to standard error what is not part of the dialogue."""
        print(text, file=sys.stderr)


def parameters(config: GenerationConfig) -> dict[str, object]:
    """{flag: value} of a GenerationConfig for sampling."""
    return {
        "top_k": config.top_k, "top_p": config.top_p, "temperature": config.temperature, "min_length": config.min_tokens,
        "max_length": config.max_tokens, "repetition_penalty": config.repetition_penalty,
        "no_repeat_ngram": config.no_repeat_ngram, "keep_end": config.keep_end, "seed": config.seed,
    }  # fmt: skip


def change_config(config: GenerationConfig, words: Sequence[str]) -> GenerationConfig:
    """Changes a GenerationConfig by words such as top_k=5. Raises InputError for an unknown name or a value out of range."""
    argv, keep_end = [], config.keep_end
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or name not in parameters(config):
            raise InputError(f"/params: {excerpt(word)} is not NAME=VALUE of a parameter. {nearest(name, parameters(config))}")
        if name == "keep_end":
            keep_end = value.lower() == "true"
        else:
            argv += [f"--{name}", value]
    flags = parse(GenerationFlags, argv, "/params")
    seed = config.seed if flags.seed is None else flags.seed
    return dataclasses.replace(flags.generation_config(config), keep_end=keep_end, seed=seed)
