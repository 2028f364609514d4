"""JSON without the `json` module, whose import doubles the cost of a hook process.

The C scanner and encoder that `json` itself uses are taken directly. On text the scanner cannot
read it raises odd errors when `json.decoder` is not loaded, so the real module gives the second
opinion, and the proper error.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# How deep a value may nest: deeper input is refused rather than given to a recursive reader.
DEPTH = 200


class _Context:
    """What the C scanner reads off a decoder."""

    strict = True
    object_hook = object_pairs_hook = array_hook = None
    parse_float = float
    parse_int = int
    memo: dict[str, str] = {}  # noqa: RUF012  # the scanner wants a plain attribute
    parse_constant = {
        "NaN": float("nan"),
        "Infinity": float("inf"),
        "-Infinity": float("-inf"),
    }.__getitem__


def loads(text: str) -> Any:
    """Read one JSON value; raises ValueError on anything else, as `json.loads` does."""
    if _deep(text):
        raise ValueError("nested deeper than " + str(DEPTH))
    try:
        from _json import make_scanner  # absent outside CPython

        body = text.strip(" \t\r\n")
        value, end = make_scanner(_Context)(body, 0)  # type: ignore[arg-type]  # duck-typed in C
        if end == len(body):
            return value
    except Exception:  # noqa: BLE001, S110  # the second opinion below raises the proper error
        pass
    import json  # dear, and only for text that is not JSON

    return json.loads(text)


def dumps(value: Any) -> str:
    """Write one JSON value on one line, ASCII only."""
    try:
        from _json import encode_basestring_ascii, make_encoder

        # as json.JSONEncoder passes them: no indent, keys as they come, none skipped, NaN as it is
        rest = (None, ":", ",", False, False, True)
        make = make_encoder(None, _unknown, encode_basestring_ascii, *rest)
        return "".join(make(value, 0))
    except ImportError:
        import json

        return json.dumps(value, separators=(",", ":"))


def _unknown(value: Any) -> Any:
    raise TypeError("not JSON: " + type(value).__name__)


def _deep(text: str) -> bool:
    """Say whether brackets could nest deeper than DEPTH; cheap, and never wrong in the safe way."""
    return text.count("[") + text.count("{") > DEPTH and _depth(text) > DEPTH


def _depth(text: str) -> int:
    depth = deepest = 0
    # what stands outside of strings, escaped backslashes and quotes taken out first
    bare = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    for letter in [letter for letter in bare if letter in "[]{}"]:
        if letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    return deepest
