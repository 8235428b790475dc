"""What the local AWS's process does otherwise in strict mode."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from typing import Any

import pytest

from local_aws.certificate import Certificate, new_certificate
from local_aws.strict_mode import TlsEventLoop, enter

WAIT = 10.0  # seconds; asyncio's own patience with silent clients is 30


def test_ministack_is_told_and_a_way_in_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))

    door, certificate = enter(tmp_path, "https://127.0.0.1:1")

    assert (door.url, door.authority) == ("https://127.0.0.1:1", str(certificate.authority))
    assert door.root_secret == (tmp_path / "root-secret").read_text() == os.environ["AWS_SECRET_ACCESS_KEY"]
    assert os.environ["AUTH"] == "true"
    assert os.environ["MINISTACK_SSL_CERT"] == str(certificate.chain)
    # Functions are processes of the local AWS, and have to trust it.
    for name in ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert certificate.authority.read_bytes() in Path(os.environ[name]).read_bytes()


class TestEventLoop:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Certificate:
        return new_certificate(tmp_path / "tls")

    def test_a_client_that_does_not_say_good_bye_holds_nothing_up(self, certificate: Certificate) -> None:
        server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_side.load_cert_chain(certificate.chain, certificate.key)
        client_side = ssl.create_default_context(cafile=str(certificate.authority))

        async def serve() -> None:
            connected: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

            async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await connected.put(writer)

            server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_side)
            port = server.sockets[0].getsockname()[1]
            _, silent = await asyncio.open_connection("127.0.0.1", port, ssl=client_side)
            silent.transport.pause_reading()
            writer = await connected.get()
            writer.close()
            with pytest.raises((TimeoutError, ConnectionError)) as raised:
                await asyncio.wait_for(asyncio.shield(writer.wait_closed()), WAIT)
            assert "SSL shutdown timed out" in str(raised.value)
            silent.transport.abort()
            server.close()

        with asyncio.Runner(loop_factory=TlsEventLoop) as runner:
            runner.run(serve())

    @pytest.mark.parametrize(("failure", "told"), [(TimeoutError(), False), (ValueError("a fault"), True)])
    def test_it_is_no_news(self, failure: Exception, told: bool, caplog: pytest.LogCaptureFixture) -> None:
        async def fail() -> None:
            context: dict[str, Any] = {"message": "in a callback", "exception": failure}
            asyncio.get_running_loop().call_exception_handler(context)

        with asyncio.Runner(loop_factory=TlsEventLoop) as runner:
            runner.run(fail())

        assert bool(caplog.messages) is told
