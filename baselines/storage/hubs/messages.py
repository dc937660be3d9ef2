"""What a user reads if a checkpoint cannot be fetched: each says what is wrong and how to go on without the network."""

from collections.abc import Sequence

from baselines.errors import InputError, excerpt
from baselines.storage.hubs.names import HubName


def by_hand(page: str, files: Sequence[str]) -> str:
    """The sentence on bringing files without a network from this machine."""
    copies = "them into a folder" if len(files) > 1 else "it into a folder with the others"
    return f"Without a network: download {_several(files)} from {page} elsewhere, copy {copies}, and give that folder."


def unreachable(name: HubName, endpoint: str, page: str, files: Sequence[str], reason: object, mirror: str) -> InputError:
    """The hub does not answer, and the cache lacks files."""
    lacks = f"{_several(files)} {_is(files)} not in the cache"
    return InputError(f"{name}: cannot reach {endpoint} ({excerpt(reason, 100)}), and {lacks}. Check the network, or set {mirror}. "
                      f"{by_hand(page, files)}")  # fmt: skip


def offline(name: HubName, cache: object, page: str, files: Sequence[str]) -> InputError:
    """HF_HUB_OFFLINE is set, and the cache lacks files."""
    return InputError(f"{name}: HF_HUB_OFFLINE is set, and {_several(files)} {_is(files)} not in the cache {cache}. Unset it to "
                      f"download. {by_hand(page, files)}")  # fmt: skip


def unknown_repository(name: HubName, page: str, token: str) -> InputError:
    """No such repository, or nobody told us that there is one."""
    return InputError(f"{name}: no such repository, or it is private. Check the name at {page}; a private one needs {token}.")


def no_access(name: HubName, page: str, token: str, status: int) -> InputError:
    """The repository is gated, or the token is wrong."""
    return InputError(f"{name}: access denied (HTTP {status}). Accept the conditions at {page}, and set {token} to a token of your "
                      "account.")  # fmt: skip


def unknown_revision(name: HubName, page: str, known: str = "") -> InputError:
    """No such branch, tag or commit."""
    return InputError(f"{name}: there is no revision {excerpt(name.revision)}. {known or f'See the branches and tags at {page}.'}")


def interrupted(name: HubName, reason: object, resumes: str) -> InputError:
    """The connection broke during a download, more often than it was tried again."""
    return InputError(f"{name}: the download broke off ({excerpt(reason, 100)}). Run the command again{resumes}.")


def not_writable(name: HubName, cache: object, reason: object, variable: str) -> InputError:
    """The cache cannot be written, such as on a full disk."""
    return InputError(f"{name}: cannot write to the cache {cache}: {excerpt(reason, 100)}. Free some space, or set {variable} to a "
                      "folder on another disk.")  # fmt: skip


def _several(files):
    shown = list(files[:4])
    if len(files) > len(shown):
        return f"{', '.join(shown)} and {len(files) - len(shown)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _is(files):
    return "are" if len(files) > 1 else "is"
