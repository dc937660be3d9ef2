"""The rates at which a finding is a warning, and above which it is an error: all of them, in one place."""

from baselines.linting.findings import Limit

LOST_SPANS = Limit(warning=0, error=0.001)
"""Gold spans that no prediction can equal: cut off, or not on the borders of tokens."""
TRUNCATED = Limit(warning=0.01, error=0.05)
"""Examples of which max_length leaves only a part."""
NO_TOKEN = Limit(warning=0, error=0.001)
"""Texts of which the tokenizer leaves nothing."""
OVER_LONG = Limit(warning=0.001)
"""Examples more than OVER_LONG_FACTOR times as long as max_length."""
OVER_LONG_FACTOR = 4
UNKNOWN_TOKENS = Limit(warning=0.005, error=0.02)
"""[UNK] among the tokens of all texts."""
REPEATED = Limit(warning=0.01)
"""Examples that their own file has already."""
CONFLICTS = Limit(warning=0, error=0.01)
"""Examples of one file with the same texts and different gold."""
LEAKED = Limit(warning=0)
"""Examples of one split that another split has too."""
CONFLICTS_ACROSS = Limit(warning=0, error=0.001)
"""Examples of dev that train has with another gold."""
LEFT_OUT = Limit(warning=0.02)
"""Rows without a usable label."""
MAJORITY = Limit(warning=0.8)
"""Examples of the largest class."""
RARE = Limit(warning=0)
"""Classes with fewer than RARE_COUNT examples to learn from."""
RARE_COUNT = 5
SHIFT = 0.1
"""Share of examples that would have to change class for dev to have the proportions of train (total variation),
beyond what two samples of one source differ by chance."""
COVERED = 0.99
"""Share of examples that the suggested max_length leaves whole."""
SPACED_SPANS = Limit(warning=0.001)
"""Gold spans that begin or end with a space."""
AGREEMENT = 0.6
"""Mean agreement of a character over repeated spans above which it belongs to them: behind their ends, and they are one short."""
DISAGREEMENT = 0.35
"""Mean agreement of the last character of repeated spans below which it does not belong to them: they are one too far."""
MIN_REPEATED = 15
"""Repeated spans needed to judge their ends."""
NO_VALUE = Limit(warning=0)
"""Examples of a class that is named as programs name a missing value."""
