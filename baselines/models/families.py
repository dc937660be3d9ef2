"""The families of this folder, found by file: modules with `build(config, ...)` and `weight_names(config)`."""

from pathlib import Path
from types import ModuleType
from typing import Any

from baselines.plugins import discovery

FOLDER = Path(__file__).parent


def families() -> dict[str, str]:
    """{name: one-line description}."""
    return discovery.offered(FOLDER, "build", "weight_names")


def family(name: str) -> ModuleType:
    """The module of a family. Raises InputError for an unknown name."""
    return discovery.load("baselines.models", name, families(), "model")


def trained_positions(config: Any) -> int | None:
    """The maximum length of a family with trained positions, or None without a limit."""
    if "Embedding-Position/embeddings" not in family(config.model_type).weight_names(config):
        return None
    limit = config.max_position_embeddings
    return limit**2 if config.hierarchical_position else limit
