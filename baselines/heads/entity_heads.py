"""Named entity heads by the name in `--head`."""

import dataclasses

from baselines.heads.entity_pointer import EntityPointerHead
from baselines.heads.head_names import check_head
from baselines.heads.sequence_tagging import CHAINS, SequenceTaggingHead
from baselines.task import Categories, Head

POINTERS = ("global_pointer", "efficient_global_pointer")
NAMES = (*POINTERS, *CHAINS)


@dataclasses.dataclass(frozen=True)
class HeadFlag:
    """Flags of named entity tasks."""

    head: str = "global_pointer"
    """global_pointer or efficient_global_pointer (entities may contain one another), crf, memm or softmax (BIO labels)."""


def entity_head(name: str, categories: Categories) -> Head:
    """The head of a name for `categories`. Raises InputError for an unknown name."""
    check_head(name, NAMES)
    if name in POINTERS:
        return EntityPointerHead(categories, efficient=name == "efficient_global_pointer")
    return SequenceTaggingHead(categories, chain=name)
