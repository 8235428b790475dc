"""The certificate of the local AWS in strict mode.

A new authority signs it at every start. The authority's private key is written nowhere, so whoever trusts the
authority trusts this one certificate and nothing else.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import shutil
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local_aws.private_file import write_private

_VALID = dt.timedelta(days=397)  # the longest that browsers and Apple's TLS take a certificate for
_CLOCK_SKEW = dt.timedelta(minutes=5)
_ADDRESSES = ("127.0.0.1", "::1")
_NAMES = ("localhost",)


@dataclass(frozen=True)
class Certificate:
    """The files of a certificate.

    Parameters
    ----------
    authority
        The certificate that clients have to trust, PEM.
    chain
        The server's certificate, followed by the authority's, PEM.
    key
        The server's private key, PEM; nobody but the user may read it.
    """

    authority: Path
    chain: Path
    key: Path


def new_certificate(folder: Path) -> Certificate:
    """Make an authority and a certificate of this machine's loopback names, in the place of those from before.

    Parameters
    ----------
    folder
        Where the files lie.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    made = Certificate(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("AWS on this machine, authority")
    authority = (
        _unsigned(authority_name, authority_name, authority_key, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in _NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES]
    server = (
        _unsigned(_name("AWS on this machine"), authority_name, key, authority_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(made.key, private)
    pem = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in (server, authority)]
    made.chain.write_bytes(b"".join(pem))
    made.authority.write_bytes(pem[1])
    return made


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, authority: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
