"""Settings of LoRA, `--lora.targets query,value`; adapters.py does the rest. Hu et al., 2021, arXiv:2106.09685."""

import dataclasses
from pathlib import Path

from baselines.errors import InputError
from baselines.plugins.settings import positive

SETTINGS = "lora.json"
"""In a folder that holds adapters in place of a whole model: the base, and the digest of the kernels that they belong to."""


@dataclasses.dataclass(frozen=True)
class Lora:
    """Settings of --lora."""

    targets: tuple[str, ...] = ("query", "value")
    """Dense layers of the blocks that get adapters: query, key, value, output (attention), inner, outer, gate (feed-forward)."""
    alpha: float = 16.0
    """Adapters are multiplied by alpha / rank."""

    def __post_init__(self):
        positive(self, "alpha")
        if not self.targets:
            raise InputError("--lora.targets: no layer is named. Name some, such as query,value.")


def is_adapted(folder: Path) -> bool:
    """Whether a folder holds adapters in place of a whole model."""
    return (folder / SETTINGS).is_file()
