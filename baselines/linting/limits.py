"""The rates at which a finding is one to look at, and one that costs score: all of them, in one place."""

from baselines.linting.findings import Limit

LOST_SPANS = Limit(look=0, costs=0.001)
"""Gold spans that no prediction can equal: cut off, or not on the borders of tokens."""
TRUNCATED = Limit(look=0.01, costs=0.05)
"""Examples of which max_length leaves only a part."""
NO_TOKEN = Limit(look=0, costs=0.001)
"""Texts of which the tokenizer leaves nothing."""
OVER_LONG = Limit(look=0.001)
"""Examples more than OVER_LONG_FACTOR times as long as max_length."""
OVER_LONG_FACTOR = 4
UNKNOWN_TOKENS = Limit(look=0.005, costs=0.02)
"""[UNK] among the tokens of all texts."""
REPEATED = Limit(look=0.01)
"""Examples that their own file has already."""
CONFLICTS = Limit(look=0, costs=0.01)
"""Examples of one file with the same texts and different gold."""
LEAKED = Limit(look=0)
"""Examples of one split that another split has too."""
CONFLICTS_ACROSS = Limit(look=0, costs=0.001)
"""Examples of dev that train has with another gold."""
LEFT_OUT = Limit(look=0.02)
"""Rows without a usable label."""
MAJORITY = Limit(look=0.8)
"""Examples of the largest class."""
RARE = Limit(look=0)
"""Classes with fewer than RARE_COUNT examples to learn from."""
RARE_COUNT = 5
SHIFT = 0.1
"""Share of examples that would have to change class for dev to have the proportions of train (total variation),
beyond what two samples of one source differ by chance."""
COVERED = 0.99
"""Share of examples that the suggested max_length leaves whole."""
SPACED_SPANS = Limit(look=0.001)
"""Gold spans that begin or end with a space."""
AGREEMENT = 0.6
"""Mean agreement of a character over repeated spans above which it belongs to them: behind their ends, and they are one short."""
DISAGREEMENT = 0.35
"""Mean agreement of the last character of repeated spans below which it does not belong to them: they are one too far."""
FEWEST_REPEATED = 15
"""Repeated spans needed to judge their ends."""
