"""A package index on this machine: a Simple API over HTTP that can be told to misbehave."""

import base64
import hashlib
import io
import json
import re
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from penstock.kit.asset import Asset, Member, PipArchive


class PackageIndex:
    """Serves archives. `requests` holds (path, Range header) of everything asked for."""

    def __init__(self):
        self.archives = {}
        self.pages = {}  # further addresses: path → (content type, body)
        self.requests = []
        self.speaks_json = True
        self.resumes = True
        self.announces_hash = True
        self.cut_after = []  # for each coming archive response: bytes after which it breaks off
        self.password = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def host(self):
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self):
        return f"http://{self.host}/simple"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def add(self, project, filename, content):
        self.archives[filename] = (project, content)

    def add_npm(self, name, version, content, *, tarball=None, **hashes):
        """Publish a package the way npm registries list it; `tarball` is where it says it is."""
        filename = f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
        self.archives[filename] = (name, content)
        if not hashes:
            digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
            hashes = {"integrity": f"sha512-{digest}"}
        listed = {"tarball": tarball or f"http://{self.host}/files/{filename}", **hashes}
        versions = {version: {"dist": listed}}
        body = json.dumps({"name": name, "versions": versions}).encode()
        self.pages[f"/npm/{name.replace('/', '%2F')}"] = ("application/json", body)

    def downloads(self):
        """The Range header of each time an archive was asked for."""
        return [asked for path, asked in self.requests if path.startswith("/files/")]

    def page(self, path):
        """Content type and body of an address that is not an archive's."""
        project = re.fullmatch(r"/simple/([^/]+)/", path)
        return self.listing(project[1]) if project else self.pages.get(path)

    def listing(self, project):
        files = [
            (name, f"/files/{name}", hashlib.sha256(content).hexdigest())
            for name, (owner, content) in self.archives.items()
            if owner == project
        ]
        if not files:
            return None
        if self.speaks_json:
            rows = [
                {"filename": name, "url": url, "hashes": self._hashes(digest)}
                for name, url, digest in files
            ]
            return "application/vnd.pypi.simple.v1+json", json.dumps({"files": rows}).encode()
        anchors = "".join(
            f'<a href="../..{url}{self._fragment(digest)}">{name}</a><br/>'
            for name, url, digest in files
        )
        return "text/html", f"<!DOCTYPE html><html><body>{anchors}</body></html>".encode()

    def _hashes(self, digest):
        return {"sha256": digest} if self.announces_hash else {}

    def _fragment(self, digest):
        return f"#sha256={digest}" if self.announces_hash else ""

    def _handler(index):  # noqa: N805 - the handler below has its own self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked = self.headers.get("Range")
                index.requests.append((self.path, asked))
                if index.password and self.headers.get("Authorization") != index.password:
                    self.send_error(401)
                elif page := index.page(self.path):
                    self._answer(page)
                elif self.path.removeprefix("/files/") in index.archives:
                    self._send(index.archives[self.path.removeprefix("/files/")][1], asked)
                else:
                    self.send_error(404)

            def _answer(self, page):
                kind, body = page
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _send(self, content, asked):
                start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked else 0
                start = start if index.resumes else 0
                if start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                allowed = index.cut_after.pop(0) if index.cut_after else len(content)
                self.wfile.write(content[start:][:allowed])

            def log_message(self, *_):
                pass

        return Handler


def make_wheel(files):
    """A zip, as wheels are, from member path → bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    return buffer.getvalue()


def make_sdist(files):
    """A tar.gz, as sdists are, from member path → bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as sdist:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            sdist.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def make_video_asset(content, *, filename="toy_videos-1.0.tar.gz", member="toy-1.0/clip.mp4"):
    """A row for a video of these bytes in the package `Toy.Videos` 1.0."""
    return Asset(
        name="clip",
        kind="video",
        source=PipArchive("Toy.Videos", "1.0", filename),
        members=(Member(member, hashlib.sha256(content).hexdigest()),),
        licence="ours",
        description="a toy",
    )
