"""Python source is parsed alike on one thread and on many."""

import ast
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assets import python_source
from assets.python_source import parse_python

_SOURCE = Path(python_source.__file__).read_text(encoding="utf-8")


def test_threads_do_not_get_in_each_others_way() -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        trees = list(pool.map(lambda _: parse_python(_SOURCE, to_the_end=True), range(40)))
    assert {ast.dump(tree) for tree in trees} == {ast.dump(ast.parse(_SOURCE))}


def test_what_only_the_compiler_finds_is_found_at_the_end() -> None:
    parse_python("return 1\n")
    with pytest.raises(SyntaxError, match="outside function"):
        parse_python("return 1\n", to_the_end=True)


def test_what_python_would_warn_of_is_not_said() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse_python('"\\d"\n')
