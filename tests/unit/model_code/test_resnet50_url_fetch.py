"""Fetching of URLs by model_code/resnet50, attacked by a site on this machine.

The names resolve to public addresses of the test's own, and a connection to any of them comes to that site; all
rules are those of the container.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .https_site import Site, answer, site_in
from .resnet50_modules import resnet50
from .test_resnet50_images import PNG, decompression_bomb
from .test_resnet50_url_rules import FORBIDDEN

PUBLIC, OTHER_PUBLIC = "93.184.216.34", "2606:4700::1111"
RefusedUrlError = resnet50.url_rules.RefusedUrlError
Names = Callable[[str, int], list[str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_in(tmp_path_factory.mktemp("site")) as made:
        yield made


class Network:
    """Names and connections as a test wants them; what was looked up and dialled is written down."""

    def __init__(self, site: Site, names: Names) -> None:
        self._site = site
        self._names = names
        self.asked: list[str] = []
        self.dialled: list[tuple[str, int]] = []

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self._names(host, port)

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append((address, port))
        return socket.create_connection(("127.0.0.1", self._site.port), seconds)


class Fetch:
    """Fetches from the site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.network = Network(site, lambda host, port: [PUBLIC])

    def __call__(
        self, url: str = "https://localhost/image", *, names: Names | None = None, **settings: Any
    ) -> bytes:
        self.network = Network(self.site, names or (lambda host, port: [PUBLIC]))
        limits = {"hosts": ("localhost",), "seconds": 10.0, **settings}
        return self.fetcher(limits).fetch(url)

    def fetcher(self, settings: dict[str, Any], *, trusts_site: bool = True) -> Any:
        return resnet50.url_fetch.UrlFetcher(
            resnet50.classifier_settings.UrlSettings(**settings),
            context=self.site.context() if trusts_site else None,
            resolve=self.network.resolve,
            connect=self.network.connect,
        )


@pytest.fixture
def fetch(site: Site) -> Fetch:
    site.requests.clear()
    site.names.clear()
    site.answers = {"/image": answer("200 OK", f"Content-Length: {len(PNG)}", body=PNG)}
    return Fetch(site)


def redirect(url: str, status: str = "302 Found") -> Any:
    return answer(status, f"Location: {url}", "Content-Length: 0")


def test_a_url_of_a_listed_host_is_fetched(fetch: Fetch) -> None:
    assert fetch() == PNG
    assert fetch.network.dialled == [(PUBLIC, 443)]
    assert fetch.site.names == ["localhost"]


def test_the_handler_reads_the_image_behind_a_url(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resnet50.inference, "FETCHER", fetch.fetcher({"hosts": ("localhost",)}))
    images = resnet50.inference.input_fn('{"url": "https://localhost/image"}', "application/json")
    assert images.equal(resnet50.image_input.read_image(PNG, 10_000))


def test_without_hosts_fetching_is_off_and_says_how_to_turn_it_on(fetch: Fetch) -> None:
    with pytest.raises(
        RefusedUrlError, match=r"is off\. .* turns it on by naming hosts .* \[url\] hosts of classifier"
    ):
        fetch(hosts=())
    with pytest.raises(RefusedUrlError, match="is off"):
        resnet50.inference.input_fn('{"url": "https://localhost/image"}', "application/json")
    assert fetch.network.asked == []


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "{}", '{"url": 1}', '{"url": "https://a.example", "headers": {}}', "[" * 100_000],
    ids=range(6),
)
def test_a_body_that_names_no_url(body: str) -> None:
    with pytest.raises(ValueError, match="The body is not"):
        resnet50.inference.input_fn(body, "application/json")


def test_a_host_that_is_not_listed_is_not_even_looked_up(fetch: Fetch) -> None:
    with pytest.raises(RefusedUrlError, match="none of those that may be asked"):
        fetch("https://evil.example/image")
    assert fetch.network.asked == []


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_listed_name_with_an_address_that_is_not_public_is_not_connected_to(fetch: Fetch, address: str) -> None:
    with pytest.raises(RefusedUrlError, match="an address that is not public"):
        fetch(names=lambda host, port: [address])
    with pytest.raises(RefusedUrlError, match="an address that is not public"):
        fetch(names=lambda host, port: [PUBLIC, address])
    assert fetch.network.dialled == []


def test_the_systems_own_names_are_judged_too(fetch: Fetch) -> None:
    """Here with the look-up and the connections of the container: localhost is loopback."""
    settings = resnet50.classifier_settings.UrlSettings(hosts=(f"localhost:{fetch.site.port}",))
    with pytest.raises(RefusedUrlError, match="an address that is not public"):
        resnet50.url_fetch.UrlFetcher(settings).fetch(f"https://localhost:{fetch.site.port}/image")
    assert fetch.site.requests == []


def test_a_name_that_answers_twice_differently_is_looked_up_once(fetch: Fetch) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    assert fetch(names=lambda host, port: next(answers)) == PNG
    assert fetch.network.asked == ["localhost"]
    assert fetch.network.dialled == [(PUBLIC, 443)]


def test_a_name_that_answers_differently_after_a_redirect_is_refused(fetch: Fetch) -> None:
    fetch.site.answers["/first"] = redirect("/image")
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    with pytest.raises(RefusedUrlError, match="an address that is not public"):
        fetch("https://localhost/first", names=lambda host, port: next(answers))
    assert fetch.network.dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/iam/security-credentials/", "begin with https"),
        ("https://169.254.169.254/latest/meta-data/", "none of those that may be asked"),
        ("//169.254.169.254/latest/meta-data/", "none of those that may be asked"),
        ("https://[fd00:ec2::254]/latest/meta-data/", "none of those that may be asked"),
        ("https://metadata.example/", "an address that is not public"),
        ("http://localhost/image", "begin with https"),
        ("https://localhost:8080/invocations", "none of those that may be asked"),
        ("file:///proc/self/environ", "begin with https"),
        ("https://me@localhost/image", "a user or a password"),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_judged_like_the_first_url(fetch: Fetch, location: str, reason: str, status: str) -> None:
    fetch.site.answers["/first"] = redirect(location, status)
    names = {"localhost": PUBLIC, "metadata.example": "169.254.169.254"}
    with pytest.raises(RefusedUrlError, match=reason):
        fetch(
            "https://localhost/first",
            names=lambda host, port: [names[host]],
            hosts=("localhost", "metadata.example"),
        )
    assert fetch.network.dialled == [(PUBLIC, 443)]
    assert len(fetch.site.requests) == 1


def test_a_redirect_to_a_listed_host_is_followed(fetch: Fetch) -> None:
    fetch.site.answers["/first"] = redirect("https://localhost/second")
    fetch.site.answers["/second"] = redirect("image")
    assert fetch("https://localhost/first") == PNG


def test_redirects_end(fetch: Fetch) -> None:
    fetch.site.answers["/image"] = redirect("/image")
    with pytest.raises(RefusedUrlError, match="redirects more than 2 times"):
        fetch(max_redirects=2)
    assert len(fetch.site.requests) == 3


def test_no_credentials_are_sent(fetch: Fetch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not those of ~/.netrc, not a cookie that the site set, not AWS's; and no proxy gets to see anything."""
    (tmp_path / ".netrc").write_text("machine localhost login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@127.0.0.1:9")
    fetch.site.answers["/first"] = answer(
        "302 Found", "Location: /image", "Set-Cookie: session=secret", "Content-Length: 0"
    )
    assert fetch("https://localhost/first") == PNG
    for request, path in zip(fetch.site.requests, ("/first", "/image"), strict=True):
        line, *headers = request.strip().split("\r\n")
        assert line == f"GET {path} HTTP/1.1"
        names = {header.split(":")[0].lower() for header in headers}
        assert names == {"host", "accept", "accept-encoding", "connection", "user-agent"}
        assert "secret" not in request


class Flood:
    """Ten gigabytes, as long as somebody reads."""

    def __init__(self, *headers: str, chunked: bool = False) -> None:
        self._head = answer("200 OK", *headers)
        self._chunked = chunked
        self.sent = 0

    def __call__(self, connection: socket.socket) -> None:
        self._head(connection)
        part = bytes(2**16)
        framed = b"10000\r\n" + part + b"\r\n" if self._chunked else part
        for _ in range(10 * 2**30 // len(part)):
            connection.sendall(framed)
            self.sent += len(part)


@pytest.mark.parametrize(
    "flood",
    [
        Flood(f"Content-Length: {10 * 2**30}"),
        Flood("Connection: close"),
        Flood("Transfer-Encoding: chunked", chunked=True),
        Flood("Content-Length: 10", "Transfer-Encoding: chunked", chunked=True),
    ],
    ids=["declared", "undeclared", "chunked", "lying"],
)
def test_of_a_stream_of_10_gb_no_more_is_read_than_allowed(fetch: Fetch, flood: Flood) -> None:
    fetch.site.answers["/image"] = flood
    with pytest.raises(RefusedUrlError, match="answers more than 1000000 bytes"):
        fetch(max_bytes=1_000_000)
    assert flood.sent < 100 * 2**20  # what the buffers between both take, and far from all


def test_a_decompression_bomb_behind_a_url_is_refused(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch.site.answers["/image"] = answer("200 OK", body=decompression_bomb(8000))
    monkeypatch.setattr(resnet50.inference, "FETCHER", fetch.fetcher({"hosts": ("localhost",)}))
    with pytest.raises(ValueError, match="has 64000000 pixels; 25000000 are taken"):
        resnet50.inference.input_fn(json.dumps({"url": "https://localhost/image"}), "application/json")


def drip(start: bytes, ended: threading.Event) -> Any:
    """A byte every fiftieth of a second, for ever: each comes in time, all of them never."""

    def write(connection: socket.socket) -> None:
        connection.sendall(start)
        while not ended.wait(0.02):
            connection.sendall(b"x")

    return write


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
    ids=["status", "headers", "body"],
)
def test_a_slow_drip_ends_at_the_deadline(fetch: Fetch, start: bytes) -> None:
    fetch.site.answers["/image"] = drip(start, fetch.site.ended)
    with pytest.raises(RefusedUrlError, match=r"did not answer whole within 0\.5 s"):
        fetch(seconds=0.5)


def test_the_deadline_is_one_for_all_redirects(fetch: Fetch) -> None:
    def slow(connection: socket.socket) -> None:
        fetch.site.ended.wait(0.2)
        redirect("/image")(connection)

    fetch.site.answers["/image"] = slow
    with pytest.raises(RefusedUrlError, match=r"did not answer whole within 0\.5 s"):
        fetch(seconds=0.5, max_redirects=10)


def test_a_name_that_is_never_answered_ends_at_the_deadline(fetch: Fetch) -> None:
    over = threading.Event()

    def never(host: str, port: int) -> list[str]:
        over.wait()
        return [PUBLIC]

    try:
        with pytest.raises(RefusedUrlError, match=r"did not answer whole within 0\.3 s"):
            fetch(names=never, seconds=0.3)
    finally:
        over.set()
    assert fetch.network.dialled == []


def test_a_server_that_never_speaks_tls_ends_at_the_deadline(fetch: Fetch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetcher = resnet50.url_fetch.UrlFetcher(
            resnet50.classifier_settings.UrlSettings(hosts=("localhost",), seconds=0.3),
            resolve=lambda host, port: [PUBLIC],
            connect=lambda address, port, seconds: socket.create_connection(silent.getsockname(), seconds),
        )
        with pytest.raises(RefusedUrlError, match=r"did not answer whole within 0\.3 s"):
            fetcher.fetch("https://localhost/image")


def test_the_certificate_has_to_be_the_names(fetch: Fetch) -> None:
    with pytest.raises(RefusedUrlError, match=r"cannot be fetched \(SSLCertVerificationError\)"):
        fetch("https://other.example/image", hosts=("other.example",))
    assert fetch.site.requests == []


def test_the_certificate_has_to_be_trusted(fetch: Fetch) -> None:
    fetcher = fetch.fetcher({"hosts": ("localhost",)}, trusts_site=False)
    with pytest.raises(RefusedUrlError, match=r"cannot be fetched \(SSLCertVerificationError\)"):
        fetcher.fetch("https://localhost/image")
    assert fetch.site.requests == []


def test_the_next_address_is_tried_where_the_first_cannot_be_reached(fetch: Fetch) -> None:
    connect = fetch.network.connect

    def without_ipv6(address: str, port: int, seconds: float) -> socket.socket:
        if ":" in address:
            raise OSError("Network is unreachable")
        return connect(address, port, seconds)

    fetcher = resnet50.url_fetch.UrlFetcher(
        resnet50.classifier_settings.UrlSettings(hosts=("localhost",)),
        context=fetch.site.context(),
        resolve=lambda host, port: [OTHER_PUBLIC, PUBLIC],
        connect=without_ipv6,
    )
    assert fetcher.fetch("https://localhost/image") == PNG


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer("404 Not Found", "Content-Length: 0"), "answers with status 404"),
        (answer("302 Found", "Content-Length: 0"), "answers with status 302"),
        (answer("206 Partial Content", "Content-Length: 0"), "answers with status 206"),
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), "cannot be fetched"),
        (lambda connection: None, "cannot be fetched"),
    ],
    ids=["404", "nowhere", "206", "no http", "nothing"],
)
def test_an_answer_that_is_none(fetch: Fetch, reply: Any, reason: str) -> None:
    fetch.site.answers["/image"] = reply
    with pytest.raises(RefusedUrlError, match=reason):
        fetch()


def test_a_name_without_an_address(fetch: Fetch) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(RefusedUrlError, match=r"cannot be fetched \(gaierror\)"):
        fetch(names=unknown)
