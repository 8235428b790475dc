"""Which URLs may be asked, and which addresses may be connected to."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORT = 443  # of https (RFC 9110, 4.2.2)
_PLAIN = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash, which browsers read as a slash
_CARRY_IPV4 = (
    ipaddress.IPv6Network("64:ff9b::/96"),  # NAT64 (RFC 6052)
    ipaddress.IPv6Network("::/96"),  # IPv4-compatible (RFC 4291, 2.5.5.1)
)
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215
_AZURE_HOST = ipaddress.IPv4Address("168.63.129.16")  # a public address by which Azure's machines ask their host

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedUrlError(ValueError):
    """The URL may not be asked, or answers what is not taken; the text is for the client."""


@dataclass(frozen=True)
class Target:
    """What one request asks: a name and port of the list of hosts, and path and query."""

    host: str
    port: int
    path: str


def allowed_target(url: str, hosts: Collection[str]) -> Target:
    """Take a URL apart, and refuse it unless it is https to a host of the list, without a user or a password.

    Parameters
    ----------
    url
        What the client or a redirect names.
    hosts
        Names, for port 443, or names with another port after a colon.

    Raises
    ------
    RefusedUrlError
        It may not be asked.
    """
    if not _PLAIN.fullmatch(url):
        raise RefusedUrlError("The URL has characters that have to be written as %XX, or is empty.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or _PORT
    except ValueError as error:
        raise RefusedUrlError(f"The URL cannot be read: {error}") from error
    if parts.scheme != "https":
        raise RefusedUrlError("The URL, and what it redirects to, has to begin with https://.")
    if "@" in parts.netloc:
        raise RefusedUrlError("The URL names a user or a password, which are never sent.")
    if (host if port == _PORT else f"{host}:{port}") not in hosts:
        raise RefusedUrlError("The URL's host, or one that it redirects to, is none of those that may be asked.")
    return Target(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def is_public(text: str) -> bool:
    """Whether an address is one that anybody on the internet may reach.

    Private, loopback, link-local, shared, reserved and multicast ones are not (IANA's IPv4 and IPv6
    Special-Purpose Address Registries), nor is the metadata service of a cloud: 169.254.169.254 and fd00:ec2::254
    of AWS. An IPv6 address that carries an IPv4 one has to pass with the latter.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _LOCAL_NAT64 or address.is_site_local or address.teredo is not None:
            return False
        carried = _carried(address)
        if carried is not None:
            return _is_public(carried)
    return _is_public(address)


def _is_public(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address == _AZURE_HOST)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if any(address in network for network in _CARRY_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
