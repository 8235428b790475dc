"""The reader of all YAML files: a key may stand once only, and a wrong file ends in one line."""

import reprlib
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import ConstructorError

from assets.checkout import shown
from assets.errors import AssetError

# libyaml scans some ten times as fast; PyYAML's wheels have it, a build from source may not.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(path: Path) -> dict[Any, Any]:
    """Read the mapping in a YAML file; an empty file is an empty mapping.

    Raises
    ------
    AssetError
        The file cannot be read, is not YAML, repeats a key, or holds no mapping.
    """
    try:
        content = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 (a subclass of SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise AssetError(f"{shown(path)}{line}: not valid YAML: {error.problem or error.context}.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise AssetError(f"{shown(path)}: not valid YAML: {str(error).splitlines()[0]}.") from error
    except RecursionError as error:
        raise AssetError(f"{shown(path)}: not valid YAML: it is nested too deeply.") from error
    except OSError as error:
        raise AssetError(f"{shown(path)}: cannot be read: {error.strerror}.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise AssetError(f"{shown(path)}: must hold `key: value` lines, not a {type(content).__name__}.")
    return content


# libyaml's own composer overflows the stack, and ends the process, where PyYAML's raises RecursionError.
class _Loader(Composer, _SafeLoader):  # type: ignore[misc] # one of two classes without types
    def __init__(self, stream: bytes) -> None:
        _SafeLoader.__init__(self, stream)
        Composer.__init__(self)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse equal keys, of which YAML lets the last win, silently."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    problem = f"the key {key.value} stands here again"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                seen.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Say where a value that does not fit its tag stands: PyYAML raises whatever its conversion raised."""
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            kind = node.tag.rpartition(":")[2]
            value = reprlib.repr(node.value) if isinstance(node, yaml.ScalarNode) else "this"
            raise ConstructorError(problem=f"{value} is no {kind}", problem_mark=node.start_mark) from error
