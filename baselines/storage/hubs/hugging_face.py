"""hf:ORG/NAME[@REVISION], by huggingface_hub: its cache, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and progress bars.

Only the files that a model needs are downloaded. Without a network, or with HF_HUB_OFFLINE=1, the cache's files are used.
"""

import glob
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.hubs import messages
from baselines.storage.hubs.client import prepare_client, server
from baselines.storage.hubs.names import HubName
from baselines.storage.hubs.needed_files import missing, needed

TOKEN = "HF_TOKEN"
MIRROR = "HF_ENDPOINT to a mirror, such as https://hf-mirror.com"
CACHE = "HF_HUB_CACHE"
TIMEOUT = 10
"""Seconds to wait for the answer to a short question."""


def fetch(name: HubName, weights: bool = True) -> tuple[Path, str]:
    """Downloads what the cache lacks.

    Args:
        name: The repository and the revision, `main` by default.
        weights: Whether the weights are needed too.

    Returns:
        (folder of the files, the commit).

    Raises:
        InputError: The repository or the revision does not exist, the network or the disk fails, and the cache lacks files.
    """
    import httpx2
    from huggingface_hub import errors, get_token

    prepare_client()
    endpoint = _endpoint()
    page = f"{endpoint}/{name.repository}"
    if name.is_pinned and (folder := _cached(name)) and not _missing(name, folder, weights):
        return folder, folder.name
    try:
        return _download(name, endpoint, weights)
    except errors.RevisionNotFoundError:
        raise messages.unknown_revision(name, f"{page}/tree/main") from None
    except errors.GatedRepoError as error:
        raise messages.no_access(name, page, TOKEN, error.response.status_code) from None
    except errors.RepositoryNotFoundError:
        raise messages.unknown_repository(name, page, TOKEN) from None
    except errors.OfflineModeIsEnabled as error:
        return _from_cache(name, page, weights, error)
    except errors.HfHubHTTPError as error:
        if error.response.status_code == 401 and get_token() is None:   # the hub's answer to an unknown name without a token
            raise messages.unknown_repository(name, page, TOKEN) from None
        if error.response.status_code in (401, 403):
            raise messages.no_access(name, page, TOKEN, error.response.status_code) from None
        return _from_cache(name, page, weights, f"HTTP {error.response.status_code}")
    except (httpx2.ConnectError, httpx2.TimeoutException, httpx2.ProxyError, errors.LocalEntryNotFoundError) as error:
        return _from_cache(name, page, weights, error.__cause__ or error)
    except httpx2.HTTPError as error:
        raise messages.interrupted(name, error, "") from None
    except InputError:
        raise
    except errors.HFValidationError as error:
        raise InputError(f"{name}: {str(error).splitlines()[0]} Write hf:ORG/NAME.") from None
    except ValueError:                                                  # not JSON: a login page of the network, or of a proxy
        return _from_cache(name, page, weights, "its answer is not that of a hub")
    except OSError as error:
        if error.errno is None:                                         # huggingface_hub's own: a file of another size
            raise messages.interrupted(name, str(error).splitlines()[0], "") from None
        raise messages.not_writable(name, _cache(), error.strerror, CACHE) from None


def _download(name, endpoint, weights):
    from huggingface_hub import HfApi, snapshot_download

    info = HfApi(endpoint=endpoint).model_info(name.repository, revision=name.revision, timeout=TIMEOUT)
    files = needed([each.rfilename for each in info.siblings or ()], name, weights)
    patterns = [glob.escape(file) for file in files]
    folder = snapshot_download(name.repository, revision=name.revision, allow_patterns=patterns, endpoint=endpoint)
    return Path(folder), Path(folder).name


def _from_cache(name, page, weights, reason):
    """The (folder, commit) of the cache. Raises InputError with the files that it lacks."""
    from huggingface_hub import errors

    folder = _cached(name)
    lacks = _missing(name, folder, weights) if folder else ["config.json", "vocab.txt", *["model.safetensors"] * weights]
    if not lacks:
        return folder, folder.name
    if isinstance(reason, errors.OfflineModeIsEnabled):
        raise messages.offline(name, _cache(), page, lacks) from None
    raise messages.unreachable(name, _endpoint(), page, lacks, reason, MIRROR) from None


def _cached(name):
    """The folder of the revision in the cache, maybe not complete; None without one."""
    from huggingface_hub import errors, snapshot_download

    try:
        options = {"revision": name.revision, "local_files_only": True, "allow_patterns": ["config.json"]}
        return Path(snapshot_download(name.repository, **options))
    except errors.LocalEntryNotFoundError as error:
        folder = getattr(error, "snapshot_path", None)                  # there, but incomplete
        return Path(folder) if folder else None
    except errors.HFValidationError:
        return None


def _missing(name, folder, weights):
    """Files that the cache lacks: by the repository's list of files, if that is cached too."""
    from huggingface_hub import errors, get_cached_repo_tree

    try:
        files = needed([file.path for file in get_cached_repo_tree(name.repository, revision=folder.name)], name, weights)
    except errors.CachedRepoTreeNotFoundError:                          # of another program, such as transformers
        return missing(folder, weights)
    return [file for file in files if not (folder / file).is_file()]


def _endpoint():
    from huggingface_hub import constants

    return server("HF_ENDPOINT", constants.ENDPOINT)


def _cache():
    from huggingface_hub import constants

    return constants.HF_HUB_CACHE
