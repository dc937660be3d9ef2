"""A server on this machine that speaks the APIs of Hugging Face's hub and of ModelScope, for tests; no test asks a real host."""

import contextlib
import dataclasses
import hashlib
import http.server
import json
import threading
import urllib.parse

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclasses.dataclass
class Repository:
    """The files of each revision {revision: {file: bytes}}; `commits` is {branch: commit}."""

    files: dict
    commit: str = COMMIT
    gated: bool = False
    tells_commit: bool = True


@dataclasses.dataclass
class Hub:
    """What the server holds, and what was asked of it.

    repositories   {"org/name": Repository}
    cuts           {file: numbers of bytes after which the next answers break off}
    status         HTTP status of every answer, None for the right one
    requests       [(method, path, Range header or None)]
    """

    repositories: dict = dataclasses.field(default_factory=dict)
    cuts: dict = dataclasses.field(default_factory=dict)
    status: int | None = None
    requests: list = dataclasses.field(default_factory=list)
    tokens: set = dataclasses.field(default_factory=set)
    url: str = ""

    def sent(self, method="GET"):
        """Names of the files that were sent whole or in part."""
        return [path.rpartition("/")[2] for verb, path, _ in self.requests if verb == method and "/resolve/" in path] + [
            urllib.parse.parse_qs(path.partition("?")[2])["FilePath"][0] for _, path, _ in self.requests if "FilePath=" in path
        ]


@contextlib.contextmanager
def serving():
    """Yields a Hub that is served while the block runs."""
    hub = Hub()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            _answer(hub, self)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(hub, request):
    path = urllib.parse.unquote(urllib.parse.urlsplit(request.path).path)
    query = {key: values[0] for key, values in urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query).items()}
    hub.requests.append((request.command, request.path, request.headers.get("Range")))
    hub.tokens.add(request.headers.get("Authorization"))
    if hub.status:
        return _send(request, hub.status, b"{}")
    parts = path.strip("/").split("/")
    if parts[:3] == ["api", "v1", "models"]:
        return _modelscope(hub, request, "/".join(parts[3:5]), "/".join(parts[5:]), query)
    if parts[:2] == ["api", "models"]:
        return _hugging_face_api(hub, request, "/".join(parts[2:4]), parts[4:])
    if parts[2:3] == ["resolve"]:
        return _hugging_face_file(hub, request, "/".join(parts[:2]), parts[3], "/".join(parts[4:]))
    return _json(request, {"error": "Not Found"}, 404)


def _send(request, status, content, headers=(), cut=None):
    request.send_response(status)
    headers = {"Content-Length": str(len(content)), **dict(headers)}
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(content if cut is None else content[:cut])
    if cut is not None:
        request.close_connection = True


def _json(request, value, status=200, headers=()):
    _send(request, status, json.dumps(value).encode(), {"Content-Type": "application/json", **dict(headers)})


def _error(request, status, code):
    _json(request, {"error": code}, status, {"X-Error-Code": code, "X-Error-Message": code})


def _hugging_face_api(hub, request, name, rest):
    repository = hub.repositories.get(name)
    if repository is None:
        return _error(request, 404, "RepoNotFound")
    revision = rest[1] if rest else "main"
    revision = "main" if revision == repository.commit else revision
    if revision not in repository.files:
        return _error(request, 404, "RevisionNotFound")
    files = repository.files[revision]
    if rest[:1] == ["tree"]:
        return _json(request, [{"type": "file", "path": file, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                               for file, content in files.items()])  # fmt: skip
    return _json(request, {"id": name, "sha": repository.commit, "siblings": [{"rfilename": file} for file in files]})


def _hugging_face_file(hub, request, name, revision, file):
    repository = hub.repositories[name]
    headers = {"X-Repo-Commit": repository.commit}
    if repository.gated:
        return _error(request, 403, "GatedRepo")
    content = repository.files["main" if revision == repository.commit else revision].get(file)
    if content is None:
        return _error(request, 404, "EntryNotFound")
    headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
    return _file(hub, request, file, content, headers)


def _file(hub, request, file, content, headers=()):
    start = int((request.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
    cut = hub.cuts[file].pop(0) if hub.cuts.get(file) and request.command == "GET" else None
    status = 206 if request.headers.get("Range") else 200
    if status == 206:
        headers = {**dict(headers), "Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
    _send(request, status, content[start:], {"Accept-Ranges": "bytes", **dict(headers)}, cut)


def _modelscope(hub, request, name, path, query):
    repository = hub.repositories.get(name)
    if repository is None:
        return _json(request, {"Code": 10010205001, "Message": "获取模型失败", "Success": False}, 404)
    if path == "revisions":
        branches = [{"Revision": revision} for revision in repository.files]
        return _json(request, {"Code": 200, "Data": {"RevisionMap": {"Branches": branches, "Tags": None}}})
    revision = query.get("Revision", "master")
    files = repository.files.get("master" if revision == repository.commit else revision)
    if files is None:
        return _json(request, {"Code": 10010205008, "Message": "获取模型版本失败", "Success": False}, 404)
    if repository.gated:
        return _json(request, {"Code": 10010101004, "Message": "无权限", "Success": False}, 403)
    if path == "repo":
        return _file(hub, request, query["FilePath"], files[query["FilePath"]])
    listed = [{"Path": file, "Name": file.rpartition("/")[2], "Type": "blob", "Size": len(content),
               "Sha256": hashlib.sha256(content).hexdigest()} for file, content in files.items()]  # fmt: skip
    listed.append({"Path": "onnx", "Name": "onnx", "Type": "tree", "Size": 0, "Sha256": ""})
    latest = {"Id": repository.commit if repository.tells_commit else "", "ShortId": repository.commit[:8]}
    return _json(request, {"Code": 200, "Success": True, "Data": {"Files": listed, "LatestCommitter": latest}})
