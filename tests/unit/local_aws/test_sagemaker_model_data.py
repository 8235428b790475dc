"""The tarball of a model: fetched, unpacked, and refused when it is unsafe or broken."""

from __future__ import annotations

import gzip
import io
import random
import resource
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local_aws.api_error import ApiError
from local_aws.sagemaker.model_data import ModelData, ModelDataError
from local_aws.sagemaker.model_source import Form, ModelSource

URL = "s3://bucket/models/linear/0.tar.gz"
KEY = ("bucket", "models/linear/0.tar.gz")
RAW = ModelSource("s3://bucket/raw/", Form.PREFIX)


class S3:
    """An S3 client with one bucket."""

    meta = SimpleNamespace(region_name="us-east-1")

    def __init__(self, missing: Callable[[str], Exception]) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self._missing = missing

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        keys = sorted(key for bucket, key in self.objects if bucket == request["Bucket"])
        return {"Contents": [{"Key": key} for key in keys if key.startswith(request["Prefix"])]}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        return SimpleNamespace(paginate=lambda **request: [self.list_objects_v2(**request)])

    def head_object(self, **names: str) -> dict[str, Any]:
        if (names["Bucket"], names["Key"]) not in self.objects:
            raise self._missing("404")
        return {}

    def download_file(self, bucket: str, key: str, path: str) -> None:
        self.head_object(Bucket=bucket, Key=key)
        Path(path).write_bytes(self.objects[bucket, key])


class Iam:
    """An IAM client with one role."""

    def __init__(self, missing: Callable[[str], Exception]) -> None:
        self.roles = {"role": "sagemaker.amazonaws.com"}
        self.decision = "allowed"
        self.denied: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self._missing = missing

    def get_role(self, RoleName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if RoleName not in self.roles:
            raise self._missing("NoSuchEntity")
        trust = {"Statement": [{"Principal": {"Service": self.roles[RoleName]}}]}
        return {"Role": {"Arn": f"arn:aws:iam::1:role/{RoleName}", "AssumeRolePolicyDocument": trust}}

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        (action,), (resource,) = request["ActionNames"], request["ResourceArns"]
        self.asked.append((action, resource))
        decision = "implicitDeny" if action in self.denied else self.decision
        return {"EvaluationResults": [{"EvalDecision": decision}]}


@pytest.fixture
def iam(client_error: Any) -> Iam:
    return Iam(client_error)


@pytest.fixture
def s3(client_error: Any) -> S3:
    return S3(client_error)


@pytest.fixture
def model_data(s3: S3, iam: Iam, fake_clients: Any) -> ModelData:
    return ModelData(fake_clients(s3=s3, iam=iam))


def tarball(*members: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            archive.addfile(info, io.BytesIO(member[1]))
    return buffer.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def outside(tmp_path: Path) -> list[str]:
    """Return what lies in the test's folder beside the model's."""
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if "model" not in path.parts)


def test_a_tarball_is_unpacked_and_itself_removed(model_data: ModelData, s3: S3, tmp_path: Path) -> None:
    s3.objects[KEY] = tarball(("model.pt", b"weights"), ("code/inference.py", b"code"))
    model_dir = tmp_path / "one" / "model"

    model_data.fetch(ModelSource(URL), model_dir)

    assert (model_dir / "model.pt").read_bytes() == b"weights"
    assert (model_dir / "code" / "inference.py").read_bytes() == b"code"
    assert outside(tmp_path) == ["one"]


def test_a_link_inside_of_the_folder_is_fine(model_data: ModelData, s3: S3, tmp_path: Path) -> None:
    s3.objects[KEY] = tarball(("model.pt", b"weights"), link("same.pt", "model.pt"))

    model_data.fetch(ModelSource(URL), tmp_path / "model")

    assert (tmp_path / "model" / "same.pt").read_bytes() == b"weights"


@pytest.mark.parametrize(
    "member",
    [
        ("../escaped", b"x"),
        ("code/../../escaped", b"x"),
        link("link", "../escaped"),
        link("link", "/etc/passwd"),
        link("link", "../../escaped", tarfile.LNKTYPE),
        link("device", "", tarfile.CHRTYPE),
        link("pipe", "", tarfile.FIFOTYPE),
    ],
    ids=["parent", "hidden parent", "link out", "absolute link", "hard link out", "device", "pipe"],
)
def test_a_member_that_would_land_outside_is_refused(
    model_data: ModelData, s3: S3, tmp_path: Path, member: Any
) -> None:
    s3.objects[KEY] = tarball(member)

    with pytest.raises(ModelDataError, match=f"Failed to extract model data archive from URL {URL}"):
        model_data.fetch(ModelSource(URL), tmp_path / "model")

    assert outside(tmp_path) == []


def test_an_absolute_path_lands_inside_of_the_folder(model_data: ModelData, s3: S3, tmp_path: Path) -> None:
    target = tmp_path / "absolute"
    s3.objects[KEY] = tarball((str(target), b"x"))

    model_data.fetch(ModelSource(URL), tmp_path / "model")

    assert outside(tmp_path) == []
    assert [path.name for path in (tmp_path / "model").rglob("*") if path.is_file()] == ["absolute"]


def test_a_file_through_a_link_does_not_land_outside(model_data: ModelData, s3: S3, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    s3.objects[KEY] = tarball(link("door", "../elsewhere"), ("door/file", b"x"))

    with pytest.raises(ModelDataError):
        model_data.fetch(ModelSource(URL), tmp_path / "model")

    assert outside(tmp_path) == ["elsewhere"]


def broken() -> dict[str, bytes]:
    weights = random.Random(1).randbytes(400_000)  # noqa: S311 - the same bytes every time
    sound = tarball(("model.pt", weights))
    plain = gzip.decompress(sound)
    compressor = zlib.compressobj(wbits=31)
    start = compressor.compress(plain[:300_000]) + compressor.flush(zlib.Z_FULL_FLUSH)
    flipped = bytearray(plain)
    flipped[200_000] ^= 1
    return {
        "truncated": sound[: len(sound) // 2],
        "invalid deflate block": start + b"\xff" * 1000,
        "a flipped bit": gzip.compress(bytes(flipped))[:-8] + sound[-8:],
        "wrong checksum": sound[:-8] + b"\0" * 8,
        "truncated tar": gzip.compress(plain[:5000]),
        "no gzip": b"PK\x03\x04 a zip",
        "plain tar": plain,
        "gzip of something else": gzip.compress(b"no tar" * 500),
        "empty": b"",
    }


@pytest.mark.parametrize("kind", broken())
def test_a_broken_tarball_is_told_as_such(model_data: ModelData, s3: S3, tmp_path: Path, kind: str) -> None:
    s3.objects[KEY] = broken()[kind]

    with pytest.raises(ModelDataError, match="the object located at the URL is a valid"):
        model_data.fetch(ModelSource(URL), tmp_path / "model")

    assert outside(tmp_path) == []


@pytest.mark.parametrize("fetched", [40_000, 400_000], ids=["while it is unpacked", "while it is fetched"])
def test_a_full_disk_is_told_as_such(model_data: ModelData, s3: S3, tmp_path: Path, fetched: int) -> None:
    """A limit on the size of files, which the system holds against whoever writes, is as good as a full disk."""
    noise = random.Random(1).randbytes(fetched)  # noqa: S311 - the same bytes every time
    s3.objects[KEY] = tarball(("model.pt", b"1" * 400_000), ("code/noise.bin", noise))

    with limited_files(200_000), pytest.raises(ModelDataError) as caught:
        model_data.fetch(ModelSource(URL), tmp_path / "endpoint" / "model")

    assert str(caught.value) == (
        f"The local AWS found no room for model data from {URL} in {tmp_path / 'endpoint'}: File too large."
        " Make room on that disk and deploy again."
    )
    assert not (tmp_path / "endpoint" / "model.tar.gz").exists()


@contextmanager
def limited_files(largest: int) -> Iterator[None]:
    """Let this process write no file larger than so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("name", "reason"), [("x" * 300, "File name too long"), ("\u00fc\0.txt", "null byte")], ids=["long", "null"]
)
def test_an_archive_that_no_file_system_takes_is_told_as_such(
    model_data: ModelData, s3: S3, tmp_path: Path, name: str, reason: str
) -> None:
    s3.objects[KEY] = tarball((name, b""))

    with pytest.raises(ModelDataError, match=rf"is a valid tar\.gz archive: .*{reason}"):
        model_data.fetch(ModelSource(URL), tmp_path / "model")


def test_a_tarball_that_is_gone_is_told_by_its_url(model_data: ModelData, tmp_path: Path) -> None:
    with pytest.raises(ModelDataError, match=f"Failed to download model data from {URL}"):
        model_data.fetch(ModelSource(URL), tmp_path / "model")


class TestUncompressed:
    """Model data that are no tarball (API_S3ModelDataSource)."""

    def test_every_object_under_the_prefix_is_there(self, model_data: ModelData, s3: S3, tmp_path: Path) -> None:
        objects = {
            "raw/": b"",
            "raw/model.pt": b"weights",
            "raw/code/": b"",
            "raw/code/inference.py": b"code",
            "raw/data.tar.gz": b"as it is",
            "rawer/model.pt": b"another",
        }
        for key, body in objects.items():
            s3.objects["bucket", key] = body

        model_data.fetch(RAW, tmp_path / "model")

        found = {
            str(p.relative_to(tmp_path / "model")): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()
        }
        assert found == {"model.pt": b"weights", "code/inference.py": b"code", "data.tar.gz": b"as it is"}

    def test_one_object_has_the_last_part_of_its_key(self, model_data: ModelData, s3: S3, tmp_path: Path) -> None:
        s3.objects["bucket", "models/model.pt"] = b"weights"

        model_data.fetch(ModelSource("s3://bucket/models/model.pt", Form.OBJECT), tmp_path / "model")

        assert (tmp_path / "model" / "model.pt").read_bytes() == b"weights"

    @pytest.mark.parametrize("key", ["raw/../escaped", "raw//etc/escaped", "raw/code/../../escaped"])
    def test_a_key_that_leads_outside_is_refused(
        self, model_data: ModelData, s3: S3, tmp_path: Path, key: str
    ) -> None:
        s3.objects["bucket", key] = b""

        with pytest.raises(ModelDataError, match="would land outside"):
            model_data.fetch(RAW, tmp_path / "model")

        assert outside(tmp_path) == []

    def test_a_prefix_that_is_empty_by_now_is_told(self, model_data: ModelData, tmp_path: Path) -> None:
        with pytest.raises(ModelDataError, match="there is no object under it"):
            model_data.fetch(RAW, tmp_path / "model")


class TestAccess:
    """What CreateModel asks."""

    def test_a_tarball_that_is_there_passes(self, model_data: ModelData, s3: S3, iam: Iam) -> None:
        s3.objects[KEY] = b""

        model_data.check_access(ModelSource(URL), "role")

        assert iam.asked == [("s3:GetObject", f"arn:aws:s3:::{'/'.join(KEY)}")]

    def test_files_under_a_prefix_are_listed_and_read(self, model_data: ModelData, s3: S3, iam: Iam) -> None:
        s3.objects["bucket", "raw/model.pt"] = b""

        model_data.check_access(RAW, "role")

        assert iam.asked == [
            ("s3:ListBucket", "arn:aws:s3:::bucket"),
            ("s3:GetObject", "arn:aws:s3:::bucket/raw/*"),
        ]

    @pytest.mark.parametrize("denied", ["s3:ListBucket", "s3:GetObject"])
    def test_a_role_needs_both_for_a_prefix(self, model_data: ModelData, s3: S3, iam: Iam, denied: str) -> None:
        s3.objects["bucket", "raw/model.pt"] = b""
        iam.denied.add(denied)

        with pytest.raises(ApiError, match='"s3:GetObject" and "s3:ListBucket" permissions'):
            model_data.check_access(RAW, "role")

    def test_an_empty_prefix_is_refused(self, model_data: ModelData) -> None:
        with pytest.raises(ApiError, match="Could not access model data at s3://bucket/raw/"):
            model_data.check_access(RAW, "role")

    @pytest.mark.parametrize("decision", ["implicitDeny", "explicitDeny"])
    def test_a_role_that_may_not_read_it_is_refused(
        self, model_data: ModelData, s3: S3, iam: Iam, decision: str
    ) -> None:
        s3.objects[KEY] = b""
        iam.decision = decision

        with pytest.raises(ApiError, match='"s3:GetObject" permissions'):
            model_data.check_access(ModelSource(URL), "role")

    @pytest.mark.parametrize("roles", [{}, {"role": "lambda.amazonaws.com"}], ids=["no role", "another's role"])
    def test_a_role_that_sagemaker_cannot_act_as_is_refused(
        self, model_data: ModelData, s3: S3, iam: Iam, roles: dict[str, str]
    ) -> None:
        s3.objects[KEY] = b""
        iam.roles = roles

        with pytest.raises(ApiError, match="trust relationship"):
            model_data.check_access(ModelSource(URL), "role")

    def test_one_that_is_missing_is_refused_with_url_and_role(self, model_data: ModelData) -> None:
        with pytest.raises(ApiError, match=f"Could not access model data at {URL}") as caught:
            model_data.check_access(ModelSource(URL), "arn:aws:iam::000000000000:role/r")

        assert '"arn:aws:iam::000000000000:role/r"' in caught.value.message
        assert caught.value.code == "ValidationException"

    @pytest.mark.parametrize("url", ["https://bucket.s3.amazonaws.com/key", "bucket/key", "s3:/bucket/key"])
    def test_another_url_is_refused(self, model_data: ModelData, url: str) -> None:
        with pytest.raises(ApiError, match="s3:// URLs only"):
            model_data.check_access(ModelSource(url), "role")
