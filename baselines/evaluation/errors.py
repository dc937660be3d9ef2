"""The examples with the largest losses, as a text table: the first place to look for bad labels and weak spots.

  loss  gold        prediction  example        text
 4.127  neutral     entailment  dev.json:17    今天下雨。 | 天气很好。
"""

from collections.abc import Sequence

from baselines.evaluation.predictions import Predictions
from baselines.runtime.text_table import aligned, clip
from baselines.task import Example


def error_table(examples: Sequence[Example], predictions: Predictions, count: int = 50, text_width: int = 80) -> str:
    """The examples with the largest losses, worst first; correct ones may be among them.

    Args:
        examples: Those that were predicted.
        predictions: With losses.
        count: Examples in the table.
        text_width: Terminal cells for the text of an example.
    """
    losses = predictions.losses
    worst = sorted(range(len(examples)), key=lambda position: -losses[position])[:count]
    lines = [("loss", "gold", "prediction", "example", "text")]
    for position in worst:
        example = examples[position]
        text = " ".join(" | ".join(example.texts).split())
        lines.append((
            f"{losses[position]:.3f}", str(example.gold), str(predictions.by_id[example.id]),
            example.origin or str(example.id), clip(text, text_width),
        ))
    return aligned(lines, "><")
