"""BRAT's standoff format: a .txt and an .ann of one name. https://brat.nlplab.org/standoff.html

T1	人物 0 3	许知秋                    characters [start, end) of the .txt
R1	导演 Arg1:T2 Arg2:T1
E1	裁员:T3 裁员方:T4 时间:T5           the trigger T3 becomes an argument with the role "trigger"

A line of the .txt is an example. Several arguments of a role are numbered: 裁员方, 裁员方2. Attributes, notes and equivalences (A,
M, #, N, *) are not read, nor are events that are arguments of others.
"""

import bisect
import re
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers.notes import note_once
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError
from baselines.metrics.extraction import ordered
from baselines.storage.text_files import decode, read_lines, read_text

TRIGGER = "trigger"


def read(path: str | Path) -> Iterator[tuple[Row, str, dict | None]]:
    """Yields (row, text, extraction) per line that is not empty of each .txt with an .ann beside it.

    Args:
        path: A folder, or one .ann file.

    Raises:
        InputError: With file and line, for a span that is not its text, a name that is not defined, a span over several lines, or
            a folder without .ann files.
    """
    path = Path(path)
    files = [path] if path.suffix == ".ann" else sorted(path.glob("**/*.ann"))
    if not files:
        raise InputError(f"{path}: no .ann file in this folder. BRAT writes a .txt and an .ann of one name for each text.")
    number = 0
    for file in files:
        document = Document(file)
        for text, origin, gold in document.lines():
            number += 1
            yield Row({"text": text, "id": origin}, origin, number), text, gold


class Document:
    """A .txt with the annotations of its .ann."""

    def __init__(self, file: Path):
        self.file, source = file, file.with_suffix(".txt")
        if not source.is_file():
            raise InputError(f"{source} does not exist, but {file.name} does. Put the text beside its annotations.")
        self.source = source
        self.text = "".join(decode(line, source, number) for number, line in enumerate(read_lines(source), 1))  # \r counts
        self.starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        self.spans, self.relations, self.events = {}, [], []
        for number, line in enumerate(read_text(file).splitlines(), 1):
            if line.strip():
                self.take(line, f"{file.name}:{number}")

    def take(self, line: str, origin: str) -> None:
        """Reads one line of the .ann."""
        name, _, rest = line.partition("\t")
        if name[:1] == "T":
            if name in self.spans:
                raise InputError(f"{origin}: {name} is defined twice. Give one of them another number.")
            if not rest:
                raise InputError(f"{origin}: {shorten(line)} has no tab. Write T1, a tab, `TYPE START END`, a tab, and the text.")
            self.spans[name] = self.span(rest, origin)
        elif name[:1] in ("R", "E"):
            first, *others = rest.split("\t")[0].split()
            pairs = [part.partition(":")[::2] for part in ([first, *others] if name[0] == "E" else others)]
            if name[0] == "R" and len(pairs) != 2:
                raise InputError(f"{origin}: {shorten(line)} is not a relation. Write R1, a tab, and `NAME Arg1:T1 Arg2:T2`.")
            (self.events if name[0] == "E" else self.relations).append((origin, first, pairs))
        elif name[:1] not in ("A", "M", "#", "N", "*"):
            raise InputError(f"{origin}: {shorten(line)} is not a line of BRAT. It begins with T, R, E, A, M, N, # or *.")

    def span(self, rest: str, origin: str) -> tuple[str, int, int, int]:
        """(type, line, start, end) of `TYPE START END<tab>text`, characters of the line."""
        match = re.fullmatch(r"(\S+) (\d+) (\d+)(?:\t(.*))?", rest)
        if match is None:
            step = "Write one range" if ";" in rest else "Write `TYPE START END`, a tab, and the text"
            raise InputError(f"{origin}: {shorten(rest)} is not one span of text. {step}.")
        start, end = int(match[2]), int(match[3])
        if not 0 <= start < end <= len(self.text):
            raise InputError(f"{origin}: [{start}, {end}] is no place in a text of {len(self.text)} characters. Check the offsets.")
        if match[4] is not None and match[4] != self.text[start:end].replace("\n", " "):
            raise InputError(
                f"{origin}: {shorten(match[4])} is not at [{start}, {end}], where {self.text[start:end]!r} is. Check the offsets."
            )
        line = bisect.bisect_right(self.starts, start) - 1
        if "\n" in self.text[start:end]:
            raise InputError(f"{origin}: {self.text[start:end]!r} is on several lines. Join them in {self.source.name}.")
        return match[1], line, start - self.starts[line], end - self.starts[line]

    def lines(self) -> Iterator[tuple[str, str, dict]]:
        """Yields (text, origin, extraction) of each line that is not empty."""
        texts = self.text.split("\n")
        found = [{"entities": [], "relations": [], "events": []} for _ in texts]
        triggers = {pairs[0][1] for _, _, pairs in self.events}
        for name, (kind, line, start, end) in self.spans.items():
            if name not in triggers:
                found[line]["entities"].append({"type": kind, "start": start, "end": end, "text": texts[line][start:end]})
        for origin, predicate, pairs in self.relations:
            lines, (subject, thing) = self.parts(origin, pairs, texts, "type")
            if len(lines) == 1:
                found[lines.pop()]["relations"].append({"predicate": predicate, "subject": subject, "object": thing})
        for origin, first, pairs in self.events:
            names = {role for role, _ in pairs[1:]}
            roles = [(TRIGGER, pairs[0][1]), *((base_role(role, names), name) for role, name in pairs[1:])]
            spans = [pair for pair in roles if pair[1][:1] == "T"]
            if len(spans) < len(roles):
                note_once(f"{self.file}: arguments that are events themselves are left out ({origin} has the first).")
            lines, arguments = self.parts(origin, spans, texts, "role")
            if len(lines) == 1:
                found[lines.pop()]["events"].append({"type": first.partition(":")[0], "arguments": arguments})
        for number, (text, gold) in enumerate(zip(texts, found, strict=True), 1):
            if text.strip():
                yield text.removesuffix("\r"), f"{self.source.name}:{number}", ordered(gold)

    def parts(self, origin: str, pairs: list, texts: list[str], kind: str) -> tuple[set[int], list[dict]]:
        """(lines, parts of an extraction) of the named spans; `kind` is "type" or, with the roles as names, "role"."""
        lines, parts = set(), []
        for role, name in pairs:
            if name not in self.spans:
                raise InputError(f"{origin}: {shorten(name)} is not defined in {self.file.name}. Add its line, or remove this one.")
            own, line, start, end = self.spans[name]
            lines.add(line)
            parts.append({kind: role if kind == "role" else own, "start": start, "end": end, "text": texts[line][start:end]})
        if len(lines) > 1:
            note_once(f"{self.file}: relations and events whose parts are on different lines are left out ({origin} is the first).")
        return lines, parts


def base_role(role: str, names: set[str]) -> str:
    """The name of a numbered role, 裁员方 of 裁员方2, where an event has both."""
    base = role.rstrip("0123456789")
    return base if base in names else role
