"""How we talk to hubs: which server, and huggingface_hub as a part of our program, silent but for progress bars on terminals."""

import os
import sys


def server(variable: str, default: str) -> str:
    """The address that an environment variable names, with https:// unless it says otherwise; else the default."""
    address = os.environ.get(variable, "").strip().rstrip("/") or default
    return address if "://" in address else f"https://{address}"


def prepare_client() -> None:
    """Silences warnings, because what goes wrong is said once, by us, and progress bars in log files."""
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars, logging

    logging.set_verbosity_error()
    if constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not (sys.stderr and sys.stderr.isatty()):
        disable_progress_bars()
