"""modelscope:ORG/NAME[@REVISION], by ModelScope's HTTP API: its Python package would bring dozens of others.

GET /api/v1/models/ORG/NAME/repo/files?Revision=R&Recursive=True      {"Code": 200, "Data": {"Files": [{"Path": …, "Type": "blob",
    "Size": …, "Sha256": …}, …], "LatestCommitter": {"Id": …}}}
GET /api/v1/models/ORG/NAME/repo?Revision=R&FilePath=F                the file, or a redirection to it
GET /api/v1/models/ORG/NAME/revisions                                 {"Data": {"RevisionMap": {"Branches": [{"Revision": …}],
    "Tags": […]}}}

Environment: MODELSCOPE_ENDPOINT, MODELSCOPE_API_TOKEN, MODELSCOPE_CACHE as for the package, HF_HUB_OFFLINE as for Hugging Face.
The cache is models/ORG--NAME/snapshots/REVISION, with the commit of each branch in models/ORG--NAME/refs.
"""

import hashlib
import json
import os
import re
import urllib.error
import urllib.parse
from pathlib import Path

from baselines.errors import InputError, excerpt, nearest
from baselines.storage.atomic_files import atomic_write
from baselines.storage.hubs import messages
from baselines.storage.hubs.client import server
from baselines.storage.hubs.http_download import BROKEN, Broken, Corrupted, download, open_url, require_space
from baselines.storage.hubs.names import COMMIT, HubName
from baselines.storage.hubs.needed_files import missing, needed

MAIN = "master"
TOKEN, CACHE = "MODELSCOPE_API_TOKEN", "MODELSCOPE_CACHE"
MIRROR = "MODELSCOPE_ENDPOINT"
MAX_ANSWER = 1 << 24


def fetch(name: HubName, weights: bool = True) -> tuple[Path, str]:
    """Downloads what the cache lacks.

    Args:
        name: The repository and the revision, `master` by default.
        weights: Whether the weights are needed too.

    Returns:
        (folder of the files, the commit; the revision's name if ModelScope names no commit).

    Raises:
        InputError: The repository or the revision does not exist, the network or the disk fails, and the cache lacks files.
    """
    repository = Repository(name)
    if name.is_pinned and not repository.missing(name.revision, weights):
        return repository.folder(name.revision), name.revision
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return repository.from_cache(weights)
    try:
        return repository.download(weights)
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            return repository.from_cache(weights, f"HTTP {error.code}")
        raise repository.refused(error.code) from None
    except Broken as error:
        raise messages.interrupted(name, error, ": it resumes there") from None
    except Corrupted as error:
        raise messages.interrupted(name, error, " to download it from the beginning") from None
    except BROKEN as error:
        return repository.from_cache(weights, getattr(error, "reason", error))
    except OSError as error:
        raise messages.not_writable(name, repository.root, error.strerror or error, CACHE) from None


class Repository:
    """A repository on ModelScope, and its part of the cache."""

    def __init__(self, name: HubName):
        self.name, self.revision = name, name.revision or MAIN
        self.endpoint = server("MODELSCOPE_ENDPOINT", "https://www.modelscope.cn")
        self.page = f"{self.endpoint}/models/{name.repository}"
        cache = Path(os.environ.get(CACHE) or Path.home() / ".cache" / "modelscope").expanduser()
        self.root = cache / "models" / name.repository.replace("/", "--")
        token = os.environ.get(TOKEN)
        self.credentials = {"Authorization": f"Bearer {token}", "Cookie": f"m_session_id={token}"} if token else {}

    def download(self, weights: bool) -> tuple[Path, str]:
        """(folder, commit), after downloading what the folder lacks."""
        answer = self._ask("repo/files", Revision=self.revision, Recursive="True")
        files = {file["Path"]: file for file in self._files(answer)}
        wanted = needed(files, self.name, weights)
        commit = self._commit(answer, [files[file] for file in wanted])
        folder = self.folder(commit)
        folder.mkdir(parents=True, exist_ok=True)
        require_space(folder, sum(files[file]["Size"] for file in wanted if not (folder / file).is_file()))
        for file in wanted:
            about = files[file]
            url = self._url("repo", Revision=self.revision, FilePath=file)
            download(url, folder / file, about["Size"], about.get("Sha256") or None, self.credentials, file)
        if commit != self.revision:
            with atomic_write(self._ref(), "w") as file:
                file.write(commit)
        return folder, commit if COMMIT.fullmatch(commit) else self.revision

    def from_cache(self, weights: bool, reason: object = None) -> tuple[Path, str]:
        """(folder, commit) without a network; `reason` is why there is none, None for HF_HUB_OFFLINE."""
        commit = self._cached_commit()
        lacks = self.missing(commit, weights)
        if not lacks:
            return self.folder(commit), commit if COMMIT.fullmatch(commit) else self.revision
        if reason is None:
            raise messages.offline(self.name, self.root, self.page, lacks)
        raise messages.unreachable(self.name, self.endpoint, self.page, lacks, reason, MIRROR)

    def refused(self, status: int) -> InputError:
        """The error for a request that the server refused with an HTTP status."""
        if status in (401, 403):
            return messages.no_access(self.name, self.page, TOKEN, status)
        try:
            branches = self._ask("revisions").get("RevisionMap") or {}
            known = [each["Revision"] for kind in ("Branches", "Tags") for each in branches.get(kind) or ()]
        except (*BROKEN, InputError, KeyError, TypeError, AttributeError):
            return messages.unknown_repository(self.name, self.page, TOKEN)
        if self.revision in known:
            return InputError(f"{self.name}: ModelScope refused a request (HTTP {status}). Try again later.")
        return messages.unknown_revision(self.name, self.page, nearest(self.revision, known))

    def folder(self, commit: str) -> Path:
        """The folder of a commit, whether it exists or not."""
        return self.root / "snapshots" / commit

    def missing(self, commit: str, weights: bool) -> list[str]:
        """Files that the folder of a commit lacks."""
        return missing(self.folder(commit), weights)

    def _cached_commit(self):
        commit = self._ref().read_text(encoding="utf-8").strip() if self._ref().is_file() else ""
        return commit if re.fullmatch(r"[\w%-][\w.%-]*", commit) else self.revision

    def _ref(self):
        """The file that holds the commit of the revision."""
        return self.root / "refs" / urllib.parse.quote(self.revision, safe="")

    def _commit(self, answer, files):
        """The commit, or, where ModelScope does not tell it, a name that changes with the files."""
        latest = answer.get("LatestCommitter")
        commit = latest.get("Id") if isinstance(latest, dict) else None
        if self.name.is_pinned:
            return self.revision
        if isinstance(commit, str) and COMMIT.fullmatch(commit):
            return commit
        digest = hashlib.sha256(json.dumps([(file["Path"], file["Size"], file.get("Sha256")) for file in files]).encode())
        return f"{urllib.parse.quote(self.revision, safe='')}-{digest.hexdigest()[:12]}"

    def _url(self, path, **query):
        return f"{self.endpoint}/api/v1/models/{self.name.repository}/{path}?{urllib.parse.urlencode(query)}"

    def _ask(self, path, **query):
        """The "Data" of an answer."""
        with open_url(self._url(path, **query), self.credentials) as response:
            text = response.read(MAX_ANSWER)
        try:
            data = json.loads(text)["Data"]
            if isinstance(data, dict):
                return data
        except (ValueError, TypeError, KeyError, RecursionError):
            pass
        raise InputError(f"{self.name}: {self.endpoint} does not answer as ModelScope does ({excerpt(text[:40])}). Check {MIRROR} "
                         "and the network.")  # fmt: skip

    def _files(self, answer):
        files = answer.get("Files")
        for file in files if isinstance(files, list) else [None]:
            good = isinstance(file, dict) and isinstance(file.get("Path"), str) and isinstance(file.get("Sha256") or "", str)
            if not good or type(file.get("Size", 0)) is not int or file.get("Size", 0) < 0:
                raise InputError(f"{self.name}: {self.endpoint} lists no files. Check {MIRROR} and the network.")
        return [{"Size": 0} | file for file in files if file.get("Type") != "tree"]
