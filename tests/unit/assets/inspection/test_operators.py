import json
import subprocess
import sys
from pathlib import Path

import pytest

from assets.inspection.operator_lists import operators_of
from assets.inspection.signature import Signature, parse_signature, without_place_names

_TOOL = Path(__file__).parents[4] / "tools" / "compact_operators.py"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("aten::add.Tensor(Tensor a, Tensor b, *, Scalar alpha=1) -> Tensor", "Tensor, Tensor, *, Scalar alpha="),
        ("aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)", "Tensor, Tensor"),
        ("aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]", "Tensor, int, int="),
        ("aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!)", "t[], t"),
        ('aten::pad(Tensor self, SymInt[2] pad=[0, 0], str mode="a, (b", float? v=None) -> (Tensor, Tensor)',
         "Tensor, int[]=, str=, float?="),
        ("aten::keys.str(Dict(str, t) self) -> str[](*)", "Dict(str, t)"),
        ("aten::items.str(Dict(str, t) self) -> ((str, t)[])", "Dict(str, t)"),
        ("aten::format(str self, ...) -> str", "str, ..."),
        ("prim::Uninitialized() -> Any", ""),
        ("quantized::x(__torch__.torch.classes.x.Packed w) -> Tensor", "__torch__.torch.classes.x.Packed"),
    ],
)  # fmt: skip
def test_schemas_are_read(schema: str, expected: str) -> None:
    compact = str(without_place_names(parse_signature(schema)))
    assert compact == f"{schema.partition('(')[0]}({expected})"
    assert str(parse_signature(compact)) == compact


@pytest.mark.parametrize("text", ["", "aten::add", "nothing at all", "aten::add(Tensor self, =)"])
def test_what_is_no_schema(text: str) -> None:
    with pytest.raises(ValueError, match=r"no operator schema|no argument"):
        parse_signature(text)


def _accepts(container: str, call: str, given: int | None = None) -> bool:
    called: Signature = parse_signature(f"x::y({call})")
    return parse_signature(f"x::y({container})").accepts(called if given is None else called.first(given))


def test_a_container_may_want_more_with_a_default_only() -> None:
    assert _accepts("Tensor, int=, *, bool b=", "Tensor self")
    assert not _accepts("Tensor, int", "Tensor self")
    assert not _accepts("Tensor, *, bool b", "Tensor self")


def test_a_call_may_leave_out_what_the_container_does_not_know() -> None:
    assert _accepts("Tensor", "Tensor self, int n=1", given=1)
    assert not _accepts("Tensor", "Tensor self, int n=1", given=2)
    assert _accepts("Tensor, *, int a=", "Tensor self, *, int a=1, int b=2", given=2)
    assert not _accepts("Tensor, *, int a=", "Tensor self, *, int a=1, int b=2", given=3)


@pytest.mark.parametrize(
    ("container", "call", "accepted"),
    [
        ("Tensor?", "Tensor a", True),
        ("Tensor", "Tensor? a", False),
        ("Scalar", "int a", True),
        ("Scalar?", "float? a", True),
        ("float", "int a", True),
        ("int", "float a", False),
        ("Any", "Tensor[] a", True),
        ("t[]", "int[] a", True),
        ("Tensor[]", "Tensor a", False),
        ("*, int a", "int a", False),
        ("int, ...", "int a, int b", True),
    ],
)
def test_types(container: str, call: str, accepted: bool) -> None:
    assert _accepts(container, call) is accepted


def test_the_lists_differ_where_torch_does() -> None:
    lanczos = "aten::_upsample_lanczos2d_aa"
    assert [operators_of(torch).has(lanczos) for torch in ("2.6", "2.10", "2.13")] == [False, False, True]
    assert all(operators_of(torch).has("aten::linear") for torch in ("2.6", "2.10", "2.13"))
    assert operators_of("2.10").knows_library("aten::anything")
    assert not operators_of("2.10").knows_library("torchvision::nms")
    with pytest.raises(ValueError, match=r"no operators of torch 1\.0; it has those of 2\.6, 2\.10, 2\.13"):
        operators_of("1.0")


def test_the_list_of_the_installed_torch_is_what_torch_says() -> None:
    listed = subprocess.run([sys.executable, _TOOL, "--list"], check=True, capture_output=True, text=True)
    installed = json.loads(listed.stdout)
    known = operators_of(".".join(installed["torch"].split(".")[:2]))
    assert [schema for schema in installed["schemas"].values() if not known.accepts(parse_signature(schema))] == []
    offered = {signature for name in installed["schemas"] for signature in known.offered(name.partition(".")[0])}
    assert offered == {str(without_place_names(parse_signature(one))) for one in installed["schemas"].values()}


def test_the_tool_says_how_it_is_used() -> None:
    wrong = subprocess.run([sys.executable, _TOOL], check=False, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "--list" in wrong.stderr
