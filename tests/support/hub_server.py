"""A Hub on loopback, over real HTTP: repositories of sets and models, commits, LFS, refs, tags, and faults on command.

    with HubServer() as hub:
        hub.fail("commit", status=503, times=2)
        api = HfApi(endpoint=hub.url, token=WRITER)

It keeps what it is sent as the Hub does: content that was uploaded is invisible until a commit names it, a commit is
whole or is not, and a parent that is no longer the head is refused with 412. Xet storage is not offered.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

WRITER, READER = "hf_writer", "hf_reader"
"""Tokens that the server knows: of `me` with and without the right to write."""

USER = "me"
_LFS_SUFFIXES = (".parquet", ".jpg", ".png", ".safetensors")


class Blob(NamedTuple):
    """A file of a commit."""

    data: bytes
    lfs: bool

    @property
    def sha256(self):
        return hashlib.sha256(self.data).hexdigest()

    @property
    def pointer(self):
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n"
        return text.encode()

    @property
    def oid(self):
        content = self.pointer if self.lfs else self.data
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class Commit(NamedTuple):
    sha: str
    title: str
    files: dict[str, Blob]


@dataclass
class Repo:
    name: str
    private: bool
    commits: list[Commit] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def head(self):
        return self.commits[-1]

    @property
    def files(self):
        return {path: blob.data for path, blob in self.head.files.items()}

    def at(self, revision):
        sha = {"main": self.head.sha, **self.tags}.get(revision, revision)
        return next((commit for commit in self.commits if commit.sha == sha), None)

    def commit(self, title, files):
        sha = hashlib.sha1(f"{len(self.commits)} {title}".encode(), usedforsecurity=False).hexdigest()
        self.commits.append(Commit(sha, title, files))
        return self.head


@dataclass
class Fault:
    """What goes wrong at a kind of request, so many times.

    Attributes:
        status: what is answered; 0 closes the connection without an answer.
        after: whether the request is obeyed first, so that only its answer is lost.
        before: called first, for what somebody else does at that moment.
    """

    status: int
    message: str
    times: int
    after: bool
    before: object
    skip: int = 0


class HubServer:
    """The server; a context manager that listens on a free port of 127.0.0.1.

    Attributes:
        repos: by `USER/NAME`; of models by `models/USER/NAME`.
        uploaded: contents by sha256, visible or not.
        requests: how many there were, by kind.
    """

    def __init__(self):
        self.repos = {}
        self.uploaded = {}
        self.requests = Counter()
        self.tokens = {WRITER: "write", READER: "read"}
        self._faults = {}
        self.lock = threading.RLock()

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, kind, *, status, message="", times=1, after=False, before=None, skip=0):
        """Lets the next requests of a kind fail: create, info, tree, preupload, batch, upload, verify, commit, ..."""
        self._faults[kind] = Fault(status, message, times, after, before, skip)

    def heal(self):
        self._faults.clear()

    def fault(self, kind):
        fault = self._faults.get(kind)
        if fault is None or fault.times == 0:
            return None
        if fault.skip:
            fault.skip -= 1
            return None
        fault.times -= 1
        return fault

    def add(self, name, files=None, *, private=True):
        """A repository that is there already, with these files."""
        repo = self.repos[name] = Repo(name, private)
        blobs = {".gitattributes": Blob(b"*.parquet filter=lfs\n", lfs=False)}
        repo.commit("initial commit", blobs)
        if files:
            found = {path: Blob(data, lfs=path.endswith(_LFS_SUFFIXES)) for path, data in files.items()}
            repo.commit("by hand", blobs | found)
        return repo


_API = r"/api/(?P<of>datasets|models)/(?P<repo>[^/]+/[^/]+)"
_PLAIN = r"/(?P<of>datasets/)?(?P<repo>[^/]+/[^/]+)"
_ROUTES = [
    ("whoami", "GET", r"/api/whoami-v2"),
    ("create", "POST", r"/api/repos/create"),
    ("yaml", "POST", r"/api/validate-yaml"),
    ("refs", "GET", _API + r"/refs"),
    ("settings", "PUT", _API + r"/settings"),
    ("preupload", "POST", _API + r"/preupload/(?P<revision>[^/]+)"),
    ("xet", "GET", _API + r"/xet-(?:write|read)-token/(?P<revision>[^/]+)"),
    ("commit", "POST", _API + r"/commit/(?P<revision>[^/]+)"),
    ("tag", "POST", _API + r"/tag/(?P<revision>[^/]+)"),
    ("paths", "POST", _API + r"/paths-info/(?P<revision>[^/]+)"),
    ("tree", "GET", _API + r"/tree/(?P<revision>[^/]+)(?P<path>/.*)?"),
    ("info", "GET", _API + r"(?:/revision/(?P<revision>[^/]+))?"),
    ("batch", "POST", _PLAIN + r"\.git/info/lfs/objects/batch"),
    ("upload", "PUT", r"/storage/(?P<oid>[0-9a-f]{64})"),
    ("verify", "POST", r"/storage/(?P<oid>[0-9a-f]{64})/verify"),
    ("resolve", "GET", _PLAIN + r"/resolve/(?P<revision>[^/]+)/(?P<path>.+)"),
]
_ROUTES = [(kind, method, re.compile(pattern)) for kind, method, pattern in _ROUTES]
_WRITES = frozenset({"create", "settings", "preupload", "commit", "tag", "batch", "verify", "xet"})


def _page(repo):
    """Where people find a repository."""
    return repo.removeprefix("models/") if repo.startswith("models/") else f"datasets/{repo}"


class _Refused(Exception):  # noqa: N818 (an answer, not a failure of the server)
    def __init__(self, status, message, code=""):
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer

    def log_message(self, *_):
        pass

    def _serve(self):
        self.query = parse_qs(urlsplit(self.path).query)
        raw = urlsplit(self.path).path
        method = "GET" if self.command == "HEAD" else self.command
        routes = [(kind, pattern.fullmatch(raw)) for kind, wanted, pattern in _ROUTES if wanted == method]
        kind, found = next((route for route in routes if route[1]), ("", None))
        if found is None:
            self._answer(404, {"error": f"no such address: {method} {raw}"})
            return
        with self.hub.lock:
            self.hub.requests[kind] += 1
            fault = self.hub.fault(kind)
        body = None if fault and not fault.after and not fault.status and kind == "upload" else self._body()
        if fault and fault.before:
            fault.before()
        if fault and not fault.after and not fault.before:
            self._fail(fault)
            return
        groups = {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
        if groups.pop("of", "").strip("/") != "datasets" and "repo" in groups:
            groups["repo"] = f"models/{groups['repo']}"
        try:
            with self.hub.lock:
                if kind in _WRITES:
                    self._writer()
                status, answer, headers = getattr(self, f"_do_{kind}")(body, **groups)
        except _Refused as refusal:
            self._answer(
                refusal.status, {"error": refusal.message}, {"X-Error-Code": refusal.code} if refusal.code else {}
            )
            return
        if fault and fault.after:
            self._fail(fault)
            return
        self._answer(status, answer, headers)

    do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815 (names of the base class)

    def _body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _fail(self, fault):
        if fault.status:
            self._answer(fault.status, {"error": fault.message or f"on command: {fault.status}"})
            return
        # A reset instead of an ordinary end: what a dropped connection looks like to the client.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        self.wfile = open("/dev/null", "wb")  # noqa: SIM115, PTH123 (the base class flushes and closes it)

    def _answer(self, status, answer, headers=None):
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    # ------------------------------------------------------------ who asks

    def _role(self):
        words = (self.headers.get("Authorization") or "").split()
        if not words:
            return None
        role = self.hub.tokens.get(words[-1])
        if role is None:
            raise _Refused(401, "Invalid credentials in Authorization header")
        return role

    def _writer(self):
        role = self._role()
        if role is None:
            raise _Refused(
                401, "Invalid username or password.", "RepoNotFound" if "repos/create" not in self.path else ""
            )
        if role != "write":
            raise _Refused(403, "Forbidden: you must use a token with write access")

    def _repo(self, name):
        repo = self.hub.repos.get(name)
        role = self._role()
        if repo is None or (repo.private and role is None):
            raise _Refused(401 if role is None else 404, "Repository not found", "RepoNotFound")
        return repo

    def _commit_of(self, repo, revision):
        commit = repo.at(revision or "main")
        if commit is None:
            raise _Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit

    # ------------------------------------------------------------ what is asked

    def _do_whoami(self, _body):
        if self._role() is None:
            raise _Refused(401, "Invalid username or password.")
        return 200, {"name": USER, "type": "user", "orgs": []}, {}

    def _do_create(self, body):
        asked = json.loads(body)
        owner = asked.get("organization") or USER
        name = f"{owner}/{asked['name']}"
        kind = asked.get("type", "model")
        if owner != USER:
            raise _Refused(403, f"You don't have the rights to create a {kind} under the namespace {owner!r}")
        key = name if kind == "dataset" else f"models/{name}"
        if key in self.hub.repos:
            raise _Refused(409, f"You already created this {kind} repo")
        private = asked.get("visibility") == "private" or asked.get("private") is True
        self.hub.add(key, private=private)
        return 200, {"url": f"{self.hub.url}/{_page(key)}", "name": name}, {}

    def _do_yaml(self, body):
        text = json.loads(body)["content"]
        return 200, {"errors": [], "warnings": [] if text.startswith("---") else [{"message": "empty metadata"}]}, {}

    def _do_refs(self, _body, repo):
        found = self._repo(repo)
        tags = [{"name": name, "ref": f"refs/tags/{name}", "targetCommit": sha} for name, sha in found.tags.items()]
        branch = {"name": "main", "ref": "refs/heads/main", "targetCommit": found.head.sha}
        return 200, {"branches": [branch], "tags": tags, "converts": [], "pullRequests": []}, {}

    def _do_settings(self, body, repo):
        asked = json.loads(body)
        private = asked.get("private", asked.get("visibility") == "private")
        self._repo(repo).private = private
        return 200, {"private": private}, {}

    def _do_preupload(self, body, repo, revision):
        found = self._repo(repo)
        commit = self._commit_of(found, revision)
        files = [
            {
                "path": item["path"],
                "uploadMode": "lfs" if item["path"].endswith(_LFS_SUFFIXES) else "regular",
                "shouldIgnore": False,
                "oid": commit.files[item["path"]].oid if item["path"] in commit.files else None,
            }
            for item in json.loads(body)["files"]
        ]
        return 200, {"files": files, "commitOid": commit.sha}, {}

    def _do_xet(self, _body, repo, revision):
        del repo, revision
        raise _Refused(404, "Xet storage is not offered here")

    def _do_batch(self, body, repo):
        self._repo(repo)
        objects = []
        for item in json.loads(body)["objects"]:
            answer = {"oid": item["oid"], "size": item["size"]}
            if item["oid"] not in self.hub.uploaded:
                place = f"{self.hub.url}/storage/{item['oid']}"
                answer["actions"] = {"upload": {"href": place}, "verify": {"href": f"{place}/verify"}}
            objects.append(answer)
        return 200, {"transfer": "basic", "objects": objects}, {}

    def _do_upload(self, body, oid):
        if self.headers.get("Authorization"):
            raise _Refused(400, "storage takes signed addresses, not tokens")
        if hashlib.sha256(body).hexdigest() != oid:
            raise _Refused(400, "the content is not what its name says")
        self.hub.uploaded[oid] = body
        return 200, {}, {}

    def _do_verify(self, body, oid):
        if len(self.hub.uploaded.get(oid, b"")) != json.loads(body)["size"]:
            raise _Refused(404, "no such object")
        return 200, {}, {}

    def _do_commit(self, body, repo, revision):
        found = self._repo(repo)
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        header = lines[0]["value"]
        if header.get("parentCommit", found.head.sha) != found.head.sha:
            raise _Refused(412, "A commit has happened since. Please refresh and try again.")
        self._commit_of(found, revision)
        files = dict(found.head.files)
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]), lfs=False)
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.hub.uploaded:
                    raise _Refused(400, f"LFS pointer of {value['path']} points to a file that does not exist")
                files[value["path"]] = Blob(self.hub.uploaded[value["oid"]], lfs=True)
            elif line["key"] == "deletedFile":
                del files[value["path"]]
            else:
                raise _Refused(400, f"unknown operation {line['key']}")
        made = found.commit(header["summary"], files)
        return 200, {"commitUrl": f"{self.hub.url}/{_page(repo)}/commit/{made.sha}", "commitOid": made.sha}, {}

    def _do_tag(self, body, repo, revision):
        found = self._repo(repo)
        name = json.loads(body)["tag"]
        if name in found.tags:
            raise _Refused(409, "Tag reference exists already")
        found.tags[name] = self._commit_of(found, revision).sha
        return 200, {}, {}

    def _entry(self, path, blob):
        entry = {"type": "file", "oid": blob.oid, "size": len(blob.data), "path": path}
        if blob.lfs:
            entry["lfs"] = {"oid": blob.sha256, "size": len(blob.data), "pointerSize": len(blob.pointer)}
        return entry

    def _do_paths(self, body, repo, revision):
        commit = self._commit_of(self._repo(repo), revision)
        asked = parse_qs(body.decode())["paths"] if body[:1] != b"{" else json.loads(body)["paths"]
        return 200, [self._entry(path, commit.files[path]) for path in asked if path in commit.files], {}

    def _do_tree(self, _body, repo, revision, path=""):
        commit = self._commit_of(self._repo(repo), revision)
        below = f"{path.strip('/')}/" if path.strip("/") else ""
        recursive = self.query.get("recursive", ["false"])[0].lower() in ("true", "1")
        entries, folders = [], set()
        for name, blob in sorted(commit.files.items()):
            if not name.startswith(below):
                continue
            first, slash, _ = name[len(below) :].partition("/")
            if slash and f"{below}{first}" not in folders:
                folders.add(f"{below}{first}")
                entries.append({"type": "directory", "oid": "0" * 40, "size": 0, "path": f"{below}{first}"})
            if recursive or not slash:
                entries.append(self._entry(name, blob))
        if below and not entries:
            raise _Refused(404, f"{path} does not exist on {revision}", "EntryNotFound")
        return 200, entries, {}

    def _do_info(self, _body, repo, revision="main"):
        found = self._repo(repo)
        commit = self._commit_of(found, revision)
        info = {
            "_id": "0" * 24, "id": repo.removeprefix("models/"), "author": USER, "sha": commit.sha,
            "private": found.private, "gated": False, "disabled": False, "downloads": 0, "likes": 0, "tags": [],
            "lastModified": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z",
            "siblings": [{"rfilename": name} for name in sorted(commit.files)],
        }  # fmt: skip
        return 200, info, {}

    def _do_resolve(self, _body, repo, revision, path):
        commit = self._commit_of(self._repo(repo), revision)
        blob = commit.files.get(path)
        if blob is None:
            raise _Refused(404, "Entry not found", "EntryNotFound")
        etag = blob.sha256 if blob.lfs else blob.oid
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": commit.sha, "Accept-Ranges": "bytes"}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if span and self.command == "GET":
            start, end = int(span[1]), int(span[2] or len(blob.data) - 1)
            part = blob.data[start : end + 1]
            return 206, part, headers | {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(blob.data)}"}
        return 200, blob.data, headers
