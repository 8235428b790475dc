"""Which URLs and addresses model_code/resnet50 may ask."""

from __future__ import annotations

import pytest

from .resnet50_modules import resnet50

allowed_target = resnet50.url_rules.allowed_target
RefusedUrlError = resnet50.url_rules.RefusedUrlError
HOSTS = ("images.example.com", "localhost:8443")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://images.example.com/a/b.png?size=2", ("images.example.com", 443, "/a/b.png?size=2")),
        ("https://images.example.com", ("images.example.com", 443, "/")),
        ("https://IMAGES.Example.com.:443/a#part", ("images.example.com", 443, "/a")),
        ("https://localhost:8443/a%20b", ("localhost", 8443, "/a%20b")),
    ],
    ids=["path", "none", "capitals", "port"],
)
def test_https_to_a_host_of_the_list_may_be_asked(url: str, target: tuple[str, int, str]) -> None:
    found = allowed_target(url, HOSTS)
    assert (found.host, found.port, found.path) == target


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://images.example.com/a", "begin with https://"),
        ("ftp://images.example.com/a", "begin with https://"),
        ("file:///etc/passwd", "begin with https://"),
        ("//images.example.com/a", "begin with https://"),
        ("images.example.com/a", "begin with https://"),
        ("https://other.example.com/a", "none of those that may be asked"),
        ("https://images.example.com.evil.example/a", "none of those that may be asked"),
        ("https://evil.example/images.example.com", "none of those that may be asked"),
        ("https://evil.example#images.example.com", "none of those that may be asked"),
        ("https://images.example.com:8443/a", "none of those that may be asked"),
        ("https://localhost/a", "none of those that may be asked"),
        ("https://169.254.169.254/latest/meta-data/", "none of those that may be asked"),
        ("https://[::1]/", "none of those that may be asked"),
        ("https://2852039166/", "none of those that may be asked"),
        ("https:///a", "none of those that may be asked"),
        ("https://me:secret@images.example.com/a", "a user or a password"),
        ("https://images.example.com@evil.example/a", "a user or a password"),
        ("https://evil.example\\@images.example.com/a", "written as %XX"),
        ("https://images.example.com/a b", "written as %XX"),
        ("https://images.example.com/a\r\nCookie: x", "written as %XX"),
        ("https://images.example.com/\u00e4", "written as %XX"),
        ("", "is empty"),
        ("https://images.example.com:99999/a", "cannot be read"),
        ("https://[images.example.com/a", "cannot be read"),
    ],
    ids=range(24),
)
def test_any_other_url_is_refused(url: str, reason: str) -> None:
    with pytest.raises(RefusedUrlError, match=reason):
        allowed_target(url, HOSTS)


FORBIDDEN = [
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # noqa: S104
    *("169.254.169.254", "169.254.170.2", "169.254.0.1", "100.64.0.1", "100.100.100.200", "192.0.0.1"),
    *("198.18.0.1", "192.0.2.1", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("168.63.129.16", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::"),
    *("2002:a9fe:a9fe::1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2001:0:1:2:3:4:5:6", "2001:db8::1"),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not resnet50.url_rules.is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101"]
)
def test_an_address_that_is_public(address: str) -> None:
    assert resnet50.url_rules.is_public(address)
