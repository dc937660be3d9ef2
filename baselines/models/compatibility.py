"""Whether a recipe and a model configuration fit together."""

from typing import Any

from baselines.errors import InputError
from baselines.models.config import Config
from baselines.models.families import trained_positions
from baselines.task import Recipe


def check_model_parallel(recipe: Recipe, config: Config) -> None:
    """Raises InputError where heads and inner units cannot be cut into equal parts."""
    parts = recipe.model_parallel
    sizes = {"attention heads": config.num_attention_heads, "units": config.intermediate_size, "embeddings": config.embedding_size}
    for name, size in sizes.items():
        if size % parts:
            raise InputError(f"--model_parallel: {parts} does not divide the model's {size} {name}. Choose a divisor.")


def check_length(max_length: int, config: Config, folder: Any) -> None:
    """Raises InputError for rows that are longer than a family with trained positions has positions."""
    limit = trained_positions(config)
    if limit and max_length > limit:
        raise InputError(
            f"--max_length: {max_length} tokens are more than the {limit} positions of {folder}. Set it to {limit} or less. "
            "Another family (nezha, roformer) has no such limit."
        )
