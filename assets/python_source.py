"""Python source as a syntax tree, whoever else is parsing."""

import ast
import threading
import warnings

# Python 3.11 keeps the parser's depth of recursion once for all threads, and raises SystemError when two of them
# get in each other's way (github.com/python/cpython/issues/106905); filters of warnings are shared as well.
_ONE_AT_A_TIME = threading.Lock()


def parse_python(
    source: str | bytes,
    *,
    filename: str = "<unknown>",
    feature_version: tuple[int, int] | None = None,
    to_the_end: bool = False,
) -> ast.Module:
    """Parse a file; what Python would warn of is nothing that a user of the model asked about.

    Parameters
    ----------
    source
        The file's text, or its bytes.
    filename
        For messages.
    feature_version
        The Python whose syntax is accepted, as far as this one knows the difference; by default this one.
    to_the_end
        Whether to find what only the compiler finds, such as a `return` outside of a function.

    Raises
    ------
    SyntaxError
        It is no valid Python.
    ValueError, RecursionError, MemoryError
        It holds null bytes, or is nested too deeply for the parser.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source, filename=filename, feature_version=feature_version)
        if to_the_end:
            compile(tree, filename, "exec", dont_inherit=True)
    return tree
