"""huggingface_hub as a part of our program: it says nothing itself, and draws progress bars on terminals only."""

import sys


def prepare_client() -> None:
    """Silences warnings, because what goes wrong is said once, by us, and progress bars in log files."""
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars, logging

    logging.set_verbosity_error()
    if constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not (sys.stderr and sys.stderr.isatty()):
        disable_progress_bars()
