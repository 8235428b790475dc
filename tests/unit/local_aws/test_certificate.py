"""The certificate of strict mode, and what makes clients trust it."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import botocore.httpsession
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local_aws.certificate import Certificate, new_certificate
from local_aws.errors import LocalAwsError
from local_aws.trust import trust


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return new_certificate(tmp_path / "tls")


def shake_hands(certificate: Certificate, name: str, trusted: Path) -> None:
    """Go through TLS's handshake without a network; a refusal is raised."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate.chain, certificate.key)
    client_side = ssl.create_default_context(cafile=str(trusted))
    client_side.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server]
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
        if not waiting:
            return
    pytest.fail("the handshake does not end")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "::1"])
def test_clients_that_trust_the_authority_accept_it(certificate: Certificate, name: str) -> None:
    shake_hands(certificate, name, certificate.authority)


def test_it_counts_for_this_machine_alone(certificate: Certificate) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(certificate, "s3.amazonaws.com", certificate.authority)


def test_another_authority_does_not_do(certificate: Certificate, tmp_path: Path) -> None:
    another = new_certificate(tmp_path / "another")

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(certificate, "127.0.0.1", another.authority)


def test_nobody_else_reads_the_key(certificate: Certificate) -> None:
    assert certificate.key.stat().st_mode & 0o777 == 0o600
    assert certificate.key.parent.stat().st_mode & 0o077 == 0


def test_the_authority_can_sign_nothing_more(certificate: Certificate) -> None:
    key = load_pem_private_key(certificate.key.read_bytes(), None).public_key()
    authority = x509.load_pem_x509_certificate(certificate.authority.read_bytes())

    assert key != authority.public_key()
    private = [path for path in certificate.key.parent.iterdir() if b"PRIVATE" in path.read_bytes()]
    assert private == [certificate.key]


def test_it_ends(certificate: Certificate) -> None:
    now = dt.datetime.now(dt.UTC)
    for made in x509.load_pem_x509_certificates(certificate.chain.read_bytes()):
        assert made.not_valid_before_utc < now < made.not_valid_after_utc
        assert made.not_valid_after_utc - now < dt.timedelta(days=398)


def test_a_new_one_takes_the_place_of_the_old(certificate: Certificate, tmp_path: Path) -> None:
    before = certificate.chain.read_bytes()
    bundle = Path(trust(certificate.authority, {})["AWS_CA_BUNDLE"])

    again = new_certificate(tmp_path / "tls")

    assert again == certificate
    assert again.chain.read_bytes() != before
    assert not bundle.exists()


class TestTrust:
    @pytest.fixture
    def mine(self, tmp_path: Path) -> Path:
        """An authority of the user's, such as that of a proxy."""
        return new_certificate(tmp_path / "mine").authority

    def test_aws_clients_and_node_trust_the_authority(self, certificate: Certificate) -> None:
        variables = trust(certificate.authority, {})

        for path in variables.values():
            shake_hands(certificate, "127.0.0.1", Path(path))

    def test_what_other_programs_trust_is_left_alone(self, certificate: Certificate, mine: Path) -> None:
        user = {"REQUESTS_CA_BUNDLE": str(mine), "SSL_CERT_FILE": str(mine), "PIP_CERT": str(mine)}

        assert trust(certificate.authority, user).keys() == {"AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}

    def test_aws_clients_go_on_to_trust_what_they_trusted(self, certificate: Certificate) -> None:
        bundle = Path(trust(certificate.authority, {})["AWS_CA_BUNDLE"]).read_bytes()

        assert bundle.startswith(Path(botocore.httpsession.where()).read_bytes())

    @pytest.mark.parametrize(
        ("variable", "sets"),
        [
            ("AWS_CA_BUNDLE", "AWS_CA_BUNDLE"),
            ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"),
            ("NODE_EXTRA_CA_CERTS", "NODE_EXTRA_CA_CERTS"),
        ],
    )
    def test_the_users_own_authorities_stay(
        self, certificate: Certificate, mine: Path, variable: str, sets: str
    ) -> None:
        bundle = Path(trust(certificate.authority, {variable: str(mine)})[sets]).read_bytes()

        assert mine.read_bytes() in bundle
        assert certificate.authority.read_bytes() in bundle

    def test_a_bundle_that_is_not_there_is_passed_over(self, certificate: Certificate, tmp_path: Path) -> None:
        user = {"AWS_CA_BUNDLE": str(tmp_path / "absent"), "NODE_EXTRA_CA_CERTS": str(tmp_path / "absent")}

        assert trust(certificate.authority, user) == trust(certificate.authority, {})

    def test_an_authority_that_is_gone_is_told_in_a_line(self, tmp_path: Path) -> None:
        with pytest.raises(LocalAwsError, match=r"authority\.pem cannot be read.* slipway local down"):
            trust(tmp_path / "authority.pem", {})

    def test_a_command_within_a_command_has_the_same(self, certificate: Certificate) -> None:
        outer = trust(certificate.authority, {})

        assert trust(certificate.authority, outer) == outer
