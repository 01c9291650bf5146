"""A browser that reaches nothing but this machine, and pages written for it."""

import functools
import http.server
import os
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from api.accounts import add_credential
from api.app import create_app
from api.auth import COOKIE
from api.settings import Settings
from api.tables import Account
from gis.db import make_engine, transaction
from maps import assets
from tests.api.conftest import BuiltCity, build_city
from tests.api.people import KINDS, account_row

ROOT = Path(__file__).parent.parent.parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium; missing, it is a reason to skip on a desk and an error in CI."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing; install it with: apt-get install chromium")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


class Watched:
    """A page with everything that went wrong in it."""

    def __init__(self, page):
        self.page = page
        self.wrong = []
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: self.wrong.append(said.text) if said.type in {"error", "warning"} else None,
        )
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", self.ask)

    def ask(self, request):
        if not request.url.startswith(("file:", "data:", "http://127.0.0.1:")):
            self.wrong.append(f"request: {request.url}")

    def axe(self):
        """Return the violations axe-core finds, one line each."""
        self.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
        found = self.page.evaluate("async () => (await axe.run(document)).violations")
        return [f"{entry['id']}: {node['html'][:120]}" for entry in found for node in entry["nodes"]]

    def frame(self):
        """Wait until what was asked for is drawn."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a page from a file: `open_page(text, width=…, scheme=…)`; at the end nothing went wrong."""
    opened = []

    def open_it(text, *, name="page", width=1280, height=900, scheme="light", forced="none", fragment=""):
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            forced_colors=forced,
            reduced_motion="reduce",
        )
        watched = Watched(context.new_page())
        opened.append((context, watched))
        watched.page.goto(path.as_uri() + fragment)
        return watched

    yield open_it
    for context, watched in opened:
        context.close()
        assert watched.wrong == []


class Quiet(http.server.BaseHTTPRequestHandler):
    """Serves one page and the assets it names, as the service does."""

    def __init__(self, page, *arguments):
        self.shown = page
        super().__init__(*arguments)

    def do_GET(self):
        asset = self.path.removeprefix("/assets/")
        known = self.path.startswith("/assets/") and asset in assets.names()
        body = assets.content(asset) if known else self.shown.encode()
        self.send_response(200 if known or self.path == "/" else 404)
        self.send_header("Content-Type", assets.media_type(asset) if known else "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve():
    """Serve a page with its assets on this machine; returns the address."""
    servers = []

    def start(page):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, page))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def web_city(request, tmp_path_factory) -> BuiltCity:
    """The small demonstration city behind the pages; the routes they call are tested on both databases."""
    return build_city(request, tmp_path_factory.mktemp("web-city"), "spatialite")


@pytest.fixture(scope="session")
def site(web_city, tmp_path_factory):
    """Address of the real service on the small demonstration city, in a thread of this process."""
    configured = Settings(
        database_url=web_city.url,
        key_file=web_city.folder / "tantu.key",
        maps=web_city.folder,
        media=tmp_path_factory.mktemp("media"),
        lang="zh",
    )
    server = uvicorn.Server(uvicorn.Config(create_app(configured), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def secrets(site, web_city):
    """A secret of a browser's session for each kind of caller of `tests.api.people`."""
    engine = make_engine(web_city.url)
    made = {}
    with transaction(engine) as session:
        for kind, (role, regions) in KINDS.items():
            session.add(account_row(kind, role, regions))
        session.flush()
        for account in session.query(Account):
            made[account.name] = add_credential(session, account, "session", "of a test", datetime.now(UTC))[
                0
            ]
    engine.dispose()
    return made


@pytest.fixture
def visit(browser, site, secrets):
    """Open a page of the service: `visit("/cases", kind="reviewer", width=…)`; at the end nothing went wrong.

    `kind` is a key of `tests.api.people.KINDS`; None is the public.
    """
    opened = []

    def go(path, *, kind=None, width=1280, height=900, scheme="light", forced="none", **context_options):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            forced_colors=forced,
            reduced_motion="reduce",
            locale="zh-CN",
            **context_options,
        )
        if kind:
            context.add_cookies(
                [{"name": COOKIE, "value": secrets[kind], "url": site.replace("http:", "https:")}]
            )
        watched = Watched(context.new_page())
        opened.append((context, watched))
        watched.page.goto(site + path)
        return watched

    yield go
    for context, watched in opened:
        context.close()
        assert watched.wrong == []
