"""Text inside the text: here-documents, what runs later, what a process is fed from."""

from __future__ import annotations

from .syntax import Reader, all_read
from .words import LINE, Unread, at, may_be_flag, plain_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .syntax import Redirection
    from .words import Word


def heredoc(reader: Reader, op: str) -> Redirection:
    """Read the word that ends a here-document; its body stands below the line."""
    reader.blanks()
    begin = reader.i
    word = reader.word()
    quoted = any(c in "'\"\\" for c in reader.text[begin : reader.i])
    if not word["known"] or not word["text"].replace("_", "a").isalnum():
        raise Unread(at("<<", begin) + " with this end is not read here")
    reader.pending.append((word["text"], quoted, op == "<<-"))
    return {"op": op, "target": word}


def documents(reader: Reader) -> None:
    """Read the bodies of here-documents, which start after the line that names them."""
    pending, reader.pending = reader.pending, []
    for end, quoted, tabs in pending:
        begin = reader.i
        while True:
            if reader.i >= len(reader.text):
                raise Unread("the here-document `" + end + "` is not closed")
            stop = reader.text.find("\n", reader.i)
            stop = len(reader.text) if stop < 0 else stop
            line = reader.text[reader.i : stop]
            last, reader.i = reader.i, min(stop + 1, len(reader.text))
            if (line.lstrip("\t") if tabs else line) == end:
                break
            if line.lstrip("\t").startswith(end):  # bash may take it for the end in `$(`
                raise Unread("a line of a here-document starts as its end, `" + end + "`")
        if not quoted:
            _document(reader, reader.text[begin:last])


def _document(reader: Reader, text: str) -> None:
    """Read the body of a here-document in which values are put in."""
    inner = Reader(text, reader.depth + 1)
    reader.lend(inner)
    inner.quoted("")
    all_read(inner)
    reader.commands += inner.commands


def process(reader: Reader, j: int) -> Redirection:
    """Read `<(…)`, which begins at `j`."""
    if reader.text[j] == ">":
        raise Unread(at(">(", j) + " is not read here")
    reader.i = j + 2
    target = plain_word("?", j)
    target["known"], target["kind"] = False, reader.substitution(None)
    if reader.text[reader.i : reader.i + 1] not in ("", *" \t\n;|&)<>"):
        raise Unread(at("<(", j) + " inside a word is not read here")
    return {"op": "<(", "target": target}


def later(reader: Reader, text: str) -> None:
    """Read commands that run at another time: nothing is known of where and with what."""
    inner = Reader(text, reader.depth + 1)
    reader.lend(inner)
    inner.cwd, inner.values = "?", {}
    inner.list_until(())
    all_read(inner)
    if inner.touched:
        raise Unread("what runs later assigns `" + next(iter(inner.touched)) + "`")
    reader.commands += inner.commands


def array(reader: Reader, name: str, *, more: bool) -> Word:
    """Read the `(…)` that a variable is given; `more` where it is added."""
    begin = reader.i
    reader.i += 1
    plain = not more or reader.values.get(name) == LINE
    while True:
        reader.blanks(lines=True)
        if reader.text[reader.i : reader.i + 1] == ")":
            reader.i += 1
            break
        word = reader.word()
        plain = plain and not may_be_flag(word)
        if word["text"].startswith("["):
            raise Unread(at("[", word["at"]) + " in a list of values is not read here")
    value = plain_word("x?", begin)
    value["known"] = False
    value["loose"] = not plain
    return value
