"""The result of loading: every tensor of a checkpoint and every weight of a model is used, missing, unused or misshaped."""

import dataclasses

from baselines.errors import InputError

TOKEN_EMBEDDING = "Embedding-Token/embeddings"
SHOWN = 4


@dataclasses.dataclass(frozen=True)
class Fate:
    """One line of the verdict.

    Attributes:
        name: In the checkpoint; for a missing tensor the name that was looked for.
        path: Of the variable; "" for an unused tensor.
        expected: The variable's shape; None for an unused tensor.
        received: The tensor's shape in the variable's layout; None for a missing tensor.
        reason: Why a tensor is unused, if that is known.
        harmless: Whether it is known that leaving it unused does no harm.
    """

    name: str
    path: str = ""
    expected: tuple[int, ...] | None = None
    received: tuple[int, ...] | None = None
    reason: str = ""
    harmless: bool = False

    def __str__(self):
        if self.expected is None:
            return f"{self.name} {self.received}" + (f": {self.reason}" if self.reason else "")
        if self.received is None:
            return f"{self.path} {self.expected}, looked for as {self.name}"
        if self.expected != self.received:
            return f"{self.path}: expected {self.expected}, received {self.received} from {self.name}"
        return f"{self.path} {self.expected} from {self.name}"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Tuples of `Fate`, each tensor and each weight in one of them; `source` is the checkpoint.

    `fresh` holds the paths of weights that were not looked for: a new task head.
    """

    source: str
    used: tuple[Fate, ...] = ()
    missing: tuple[Fate, ...] = ()
    unused: tuple[Fate, ...] = ()
    misshaped: tuple[Fate, ...] = ()
    fresh: tuple[str, ...] = ()

    @property
    def unexpected(self) -> tuple[Fate, ...]:
        """Unused tensors that may matter: a sign that model and checkpoint differ."""
        return tuple(fate for fate in self.unused if not fate.harmless)

    @property
    def complete(self) -> bool:
        """Whether every weight has its tensor, and every tensor its weight or a reason to be left."""
        return not (self.missing or self.misshaped or self.unexpected)

    def summary(self) -> str:
        """One line of counts, with the names of what was not loaded."""
        parts = [f"{len(self.used)} tensors used"]
        for title, fates in self._groups():
            if fates and title != "used":
                parts.append(f"{len(fates)} {title} ({_list(fates)})")
        if self.fresh:
            parts.append(f"{len(self.fresh)} new weights ({_list(self.fresh)})")
        return f"{self.source}: {', '.join(parts)}"

    def table(self) -> str:
        """One line per tensor and weight, under the headings."""
        lines = [self.source]
        for title, rows in [*self._groups(), ("new", self.fresh)]:
            lines.append(f"{title}: {len(rows)}")
            lines.extend(f"    {row}" for row in rows)
        return "\n".join(lines)

    def require_complete(self) -> None:
        """Raises InputError unless the verdict is complete."""
        if self.complete:
            return
        if not self.used:
            raise InputError(self._nothing_fits())
        embedding = next((fate for fate in self.misshaped if fate.path == TOKEN_EMBEDDING), None)
        if embedding and embedding.expected[1:] == embedding.received[1:]:
            raise InputError(
                f"{self.source}: the checkpoint embeds {embedding.received[0]} tokens ({embedding.name}), the vocabulary of the "
                f"model has {embedding.expected[0]}. Use the vocabulary and the config that came with the checkpoint, or start a "
                "new embedding with --ignore_mismatched."
            )
        problems = [("missing", self.missing), ("misshaped", self.misshaped), ("not expected", self.unexpected)]
        problems = "; ".join(f"{len(fates)} {title}: {_list(fates)}" for title, fates in problems if fates)
        raise InputError(f"{self.source}: checkpoint and model differ. {problems}. {self._next_step()}")

    def require_something(self) -> None:
        """Raises InputError if not one tensor fits: the file is the wrong one, even for partial loading."""
        if not self.used:
            raise InputError(self._nothing_fits())

    def _groups(self):
        unused = tuple(fate for fate in self.unused if fate.harmless)
        return [("used", self.used), ("missing", self.missing), ("misshaped", self.misshaped),
                ("not expected", self.unexpected), ("unused, harmless", unused)]  # fmt: skip

    def _nothing_fits(self):
        wanted = [fate.name for fate in self.missing + self.misshaped]
        received = [fate.name for fate in self.unused + self.misshaped] or ["no tensors"]
        return (f"{self.source}: no tensor fits the model. Expected names like {_list(wanted)}. Received: "
                f"{_list(received)}. Check the family and the size of the checkpoint.")  # fmt: skip

    def _next_step(self):
        step = "Check that the config belongs to this checkpoint."
        if self.missing and not self.misshaped and not self.unexpected:
            step = "Check that the checkpoint has the heads of the model."
        return f"{step} --ignore_mismatched loads what fits and leaves the other weights random."


def _list(rows):
    """A few of them, and how many more there are."""
    more = f", … {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return ", ".join(str(row) for row in rows[:SHOWN]) + more
