"""The name of a checkpoint on a hub: hf:ORG/NAME or modelscope:ORG/NAME, both also with @REVISION (a branch, a tag or a commit)."""

import dataclasses
import re
from pathlib import PurePath

from baselines.errors import InputError, excerpt

HUGGING_FACE, MODELSCOPE = "hf", "modelscope"
SYNTAX = re.compile(r"(hf|modelscope):((?:[\w.-]+/)?[\w.-]+)(?:@([\w.-]+(?:/[\w.-]+)*))?", re.ASCII)
COMMIT = re.compile("[0-9a-f]{40}")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


@dataclasses.dataclass(frozen=True)
class HubName:
    """A parsed name; `revision` is None for the newest commit of the main branch."""

    hub: str
    repository: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> "HubName":
        """Raises InputError for text that is not such a name.

        >>> HubName.parse("hf:hfl/rbt3@main")
        HubName(hub='hf', repository='hfl/rbt3', revision='main')
        """
        match = SYNTAX.fullmatch(text)
        if match is None or ".." in text:
            hub = text.partition(":")[0]
            raise InputError(f"{excerpt(text)}: not the name of a checkpoint on a hub. Write {hub}:ORG/NAME, with @REVISION behind "
                             "it for a branch, a tag or a commit.")  # fmt: skip
        return cls(*match.groups())

    def __str__(self):
        return f"{self.hub}:{self.repository}" + (f"@{self.revision}" if self.revision else "")

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, whose files never change."""
        return bool(self.revision and COMMIT.fullmatch(self.revision))


def is_hub_name(location: object) -> bool:
    """Whether a location begins as a name on a hub; it may be malformed.

    >>> is_hub_name("hf:hfl/rbt3"), is_hub_name("checkpoints/mini")
    (True, False)
    """
    return isinstance(location, str | PurePath) and str(location).startswith((f"{HUGGING_FACE}:", f"{MODELSCOPE}:"))


def suggestion(location: object) -> str:
    """The advice for a path that does not exist but may be the name of a repository; "" for any other."""
    text = str(location)
    if REPOSITORY.fullmatch(text) and ".." not in text:
        return f" To download it from Hugging Face, write hf:{text}; `run.py list checkpoints` lists some."
    return ""
