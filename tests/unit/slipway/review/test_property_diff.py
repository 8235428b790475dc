"""The places in which two values differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.review.property_diff import ABSENT, POLICY, ValueChange, value_changes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def changes(old: object, new: object) -> list[ValueChange]:
    return list(value_changes("P", old, new))


@given(JSON)
def test_equal_values_do_not_differ(value: object) -> None:
    assert changes(value, value) == []


@given(JSON, JSON)
def test_different_values_differ(old: object, new: object) -> None:
    assert bool(changes(old, new)) == (old != new)


def test_a_member_of_a_list_is_found_by_its_name_wherever_it_stands() -> None:
    old = [{"VariantName": "A", "InstanceType": "ml.c5.large"}, {"VariantName": "B"}]
    new = [{"VariantName": "B"}, {"VariantName": "A", "InstanceType": "ml.c5.xlarge"}]
    assert changes(old, new) == [ValueChange("P[A].InstanceType", "ml.c5.large", "ml.c5.xlarge")]


@pytest.mark.parametrize(
    ("old", "new"), [(1, True), (False, 0), ([1], [True]), ({"a": [{"b": 0}]}, {"a": [{"b": False}]})]
)
def test_a_number_is_no_truth_value(old: object, new: object) -> None:
    (change,) = changes(old, new)
    assert {change.old, change.new} in ({"1", "true"}, {"0", "false"})
    assert not list(changes(old, old))


def test_what_comes_and_goes_is_named() -> None:
    assert changes({"a": 1}, {"b": 2}) == [ValueChange("P.a", "1", None), ValueChange("P.b", None, "2")]
    assert changes(["a", "b"], ["b", "c"]) == [ValueChange("P[]", "a", "c")]
    assert changes(["a"], ["a", "b", "c"]) == [ValueChange("P[]", None, "b"), ValueChange("P[]", None, "c")]
    assert changes(ABSENT, "x") == [ValueChange("P", None, "x")]


def test_references_are_readable() -> None:
    old = {"Fn::Join": ["", ["arn:", {"Ref": "Bucket7410C9EF"}, "/*"]]}
    new = {"Fn::GetAtt": ["Bucket7410C9EF", "Arn"]}
    assert changes(old, new) == [ValueChange("P", "arn:${Bucket}/*", "${Bucket.Arn}")]


def test_names_that_read_alike_are_shown_in_full() -> None:
    (change,) = changes({"Ref": "Role7410C9EF"}, {"Ref": "Role00000000"})
    assert change == ValueChange("P", '{"Ref": "Role7410C9EF"}', '{"Ref": "Role00000000"}')


def test_json_in_a_text_is_compared_inside() -> None:
    old = {"Fn::Join": ["", ['{"title": "old", "arn": "', {"Ref": "A"}, '"}']]}
    new = {"Fn::Join": ["", ['{"title": "new", "arn": "', {"Ref": "A"}, '"}']]}
    assert changes(old, new) == [ValueChange("P.title", "old", "new")]


def test_a_policy_is_left_to_the_comparison_of_statements() -> None:
    old, new = {"Statement": [{"Action": "s3:GetObject"}]}, {"Statement": []}
    assert changes(old, new) == [ValueChange("P", None, None, POLICY)]
