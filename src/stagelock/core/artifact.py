"""Is an artifact whole? Its sections, its acceptance criteria, and no code where none belongs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import OwedArtifact, Problem

CRITERIA = "acceptance criteria"
# what stands in a section that nobody has written yet
PLACEHOLDERS = (
    "todo", "tbd", "tba", "fixme", "xxx", "...", "…", "-", "lorem ipsum", "none yet", "nothing yet",
    "not yet", "to do", "to be done", "to be decided", "to be defined", "to be written", "fill in",
    "wip", "placeholder", "?", "&nbsp;",
)  # fmt: skip
# `TODO write this` is a note to oneself, `todo items are listed` is a sentence
NOTES = ("TODO", "TBD", "TBA", "FIXME", "XXX")
ASKS = (
    "add", "complete", "decide", "define", "describe", "document", "enter", "explain", "fill",
    "finish", "insert", "later", "list", "name", "placeholder", "put", "replace", "say", "state",
    "summarise", "summarize", "tbd", "this", "to", "todo", "what", "write", "your",
)  # fmt: skip


def problems(artifact: OwedArtifact, text: str | None, story: str | None) -> list[Problem]:
    """Name everything that keeps `text` from being approved as `artifact`.

    `story` is the text of the artifact whose criteria it covers, None where there is none.
    """
    name = artifact["path"].rpartition("/")[2]
    if text is None:
        return [{"what": name, "why": "`" + artifact["path"] + "` is missing or is not text"}]
    lines = _without_comments(text)
    found = _sections(artifact, name, lines)
    if artifact["criteria"]:
        known = [problem["what"] for problem in found]
        found += [one for one in _own_criteria(name, lines) if one["what"] not in known]
    if artifact["covers"] and story is not None:
        found += _uncovered(name, lines, _without_comments(story))
    if not artifact["code"]:
        found += _code(name, lines)
    return found


# --- sections -----------------------------------------------------------------------------------


def _sections(artifact: OwedArtifact, name: str, lines: list[str]) -> list[Problem]:
    bodies = _bodies(lines)
    found: list[Problem] = []
    for section in artifact["sections"]:
        what = name + "#" + section.replace(" ", "-")
        body = bodies.get(_title(section))
        if body is None:
            found.append({"what": what, "why": name + " has no section `" + section + "`"})
        elif not "".join(body).strip():
            found.append({"what": what, "why": "section `" + section + "` is empty"})
        elif _is_unwritten(body):
            why = "section `" + section + "` holds only a placeholder"
            found.append({"what": what, "why": why})
    return found


def _bodies(lines: list[str], *, headings: bool = False) -> dict[str, list[str]]:
    """Return the lines below each heading, its subsections' included, their headings if asked."""
    bodies: dict[str, list[str]] = {}
    stack: list[tuple[int, str]] = []
    fence = ""
    for n, line in enumerate(lines):
        fence, is_fence_line = _fence(line, fence)
        level = 0 if fence or is_fence_line else _level(lines, n)
        if level:
            stack = [(depth, title) for depth, title in stack if depth < level]
            for _, title in stack if headings else ():
                bodies[title].append(line)
            stack.append((level, _title(line)))
            bodies.setdefault(_title(line), [])
        elif fence or is_fence_line or not _is_underline(lines, n):
            for _, title in stack:
                bodies[title].append(line)
    return bodies


def _level(lines: list[str], n: int) -> int:
    """Return the level of the heading on line `n`, 0 where it is none."""
    line = lines[n].rstrip()
    bare = line.lstrip(" ") if len(line) - len(line.lstrip(" ")) < 4 else ""
    marks = len(bare) - len(bare.lstrip("#"))
    if 1 <= marks <= 6 and bare[marks : marks + 1] in ("", " ", "\t"):
        return marks
    if n + 1 < len(lines) and line and not line.startswith((" ", "\t", "- ", "* ", "+ ", ">", "|")):
        below = lines[n + 1].strip()
        # under a numbered line three dashes are a rule, more are meant as an underline
        least = 4 if _without_number(line) != line else 2
        if len(below) >= 2 and not below.strip("="):
            return 1
        if len(below) >= least and not below.strip("-") and line.strip("-"):
            return 2
    return 0


def _is_underline(lines: list[str], n: int) -> bool:
    below = lines[n].strip()
    is_mark = len(below) >= 2 and not (below.strip("=") and below.strip("-"))
    if n == 0 or not is_mark or lines[n - 1].lstrip().startswith("#"):
        return False
    return _level(lines, n - 1) > 0


def _title(line: str) -> str:
    """Return a heading's words: no marks, no number before them, no colon after."""
    bare = line.strip().strip("#").strip().strip("*_`").rstrip(":")
    return " ".join(_without_number(bare).split()).lower().strip("*_`")


def _without_number(text: str) -> str:
    """Drop what numbers a line: `1.`, `2)`, `3.1`, `A)`, `IV.`."""
    first, blank, rest = text.partition(" ")
    is_digits = bool(first) and not first.strip("0123456789.)")
    is_letter = first[-1:] in (".", ")") and (len(first) == 2 or not first[:-1].strip("IVX"))
    return rest.strip() if blank and rest.strip() and (is_digits or is_letter) else text


def _is_unwritten(body: list[str]) -> bool:
    fence = ""
    prose: list[str] = []
    for line in body:
        before = fence
        fence, is_fence_line = _fence(line, fence)
        if before and not is_fence_line and any(c.isalnum() for c in line):
            if not _is_note(line.strip()):
                return False
        elif not is_fence_line and line.strip():
            prose.append(line)
    whole = " ".join(line.strip() for line in prose).lstrip("-*+> ")
    if whole.lower().startswith("lorem ipsum") or _is_slot(whole):
        return True
    return all(_is_placeholder(line) for line in prose)


def _is_placeholder(line: str) -> bool:
    bare = _without_marks(line)
    return not bare.strip("|-:*_`=.!~ \t") or _is_slot(bare) or _is_note(bare)


def _without_marks(line: str) -> str:
    """Return a line's own words: no bullet, number, quote mark, tick box or emphasis."""
    bare = line.strip()
    if bare.startswith(("- ", "* ", "+ ", ">", "|", "#")) or bare in ("-", "*", "+"):
        bare = bare.lstrip("-*+>|# \t")
    bare = _without_number(bare)
    if bare[:1] == "[" and bare[1:3] in (" ]", "x]", "X]"):
        bare = bare[3:]
    return bare.strip("*_`| \t")


def _is_note(bare: str) -> bool:
    text = bare.strip("*_`:!.()[]{}<> \t")
    if not text or text.lower() in PLACEHOLDERS or text.lower().startswith("lorem ipsum"):
        return not text or bare[:1] not in "<[{(" or text.lower() in PLACEHOLDERS
    for note in NOTES:
        if text.lower().startswith(note.lower()):
            rest = text[len(note) :]
            asks = rest.split()[0].lower().strip(".,:") in ASKS if rest.split() else False
            if rest[:1] in (":", "(", ",") or rest.startswith((" -", " –", " —")):
                return True
            if rest[:1] == " " and text.startswith(note) and asks:
                return True
    return False


def _is_slot(bare: str) -> bool:
    """Say whether a text is only a slot: `<fill in>`, `[describe the risks]`, `{risks}`."""
    inner = bare[1:-1].strip()
    ends = bare[:1] + bare[-1:]
    if not inner or any(c in "<>[]{}" for c in inner):
        return False
    if ends == "<>":
        return inner[0].isalpha() and not any(c in ":/=@" for c in inner)
    first = inner.split()[0].lower().strip(".,:…")
    if ends == "[]":
        is_open = inner.endswith(("…", "...", " here")) or _is_note(inner)
        return is_open or first in ASKS
    if ends == "{}":
        return inner.replace("_", "").replace("-", "").replace(" ", "").isalpha()
    return False


# --- acceptance criteria ------------------------------------------------------------------------


def _own_criteria(name: str, lines: list[str]) -> list[Problem]:
    numbers = _defined(lines)
    what = name + "#Acceptance-criteria"
    if not numbers:
        return [{"what": what, "why": name + " numbers no acceptance criterion (AC-1, AC-2, ...)"}]
    found: list[Problem] = []
    for number in sorted(set(numbers)):
        if numbers.count(number) > 1:
            criterion = "AC-" + str(number)
            found.append({"what": criterion, "why": criterion + " is defined more than once"})
    return found


def _defined(lines: list[str]) -> list[int]:
    """Return the numbers of the criteria that are defined: an item that starts with AC-n."""
    numbers = []
    body = _bodies(lines, headings=True).get(CRITERIA, [])
    for n, line in enumerate(body):
        item = _without_marks(line).lstrip("*_`([")
        mentioned = _mentioned(item)
        if item[:3].upper() == "AC-" and mentioned and _says(line, body[n + 1 :]):
            numbers.append(mentioned[0])
    return numbers


def _uncovered(name: str, lines: list[str], story: list[str]) -> list[Problem]:
    found: list[Problem] = []
    for number in sorted(set(_defined(story))):
        criterion = "AC-" + str(number)
        places = [n for n, line in enumerate(lines) if number in _mentioned(line)]
        if not any(_says(lines[n], lines[n + 1 :]) for n in places):
            found.append({"what": criterion, "why": criterion + " is not covered by " + name})
    return found


def _says(line: str, following: list[str]) -> bool:
    """Say whether a line that names criteria says anything about them, or the next one does."""
    rest = _without_marks(line)
    for start, end in reversed(_mentions(rest)):
        rest = rest[:start] + " " + rest[end:]
    rest = rest.strip("*_`|:.,;()[]/–—-#= \t") if not _is_slot(rest.strip(" :-–—|*")) else ""
    if any(c.isalnum() for c in rest):
        return not _is_placeholder(rest)
    after = next((text.strip() for text in following if text.strip()), "")
    names_more = bool(_mentions(after)) or after.startswith("#")
    return bool(after) and not names_more and not _is_placeholder(after)


def _mentioned(text: str) -> list[int]:
    """Return the numbers n of every `AC-n` in a text; AC-12 is not AC-1."""
    return [int(text[start + 3 : end]) for start, end in _mentions(text)]


def _mentions(text: str) -> list[tuple[int, int]]:
    """Return where every `AC-n` starts and ends."""
    places = []
    i = text.find("-")
    while i >= 0:
        j = i + 1
        while j < len(text) and text[j] in "0123456789":
            j += 1
        is_whole = not _is_word(text[i - 3 : i - 2]) and not _is_word(text[j : j + 1])
        if i >= 2 and text[i - 2 : i].upper() == "AC" and j > i + 1 and (is_whole or i == 2):
            if not _is_word(text[j : j + 1]):
                places.append((i - 2, j))
        i = text.find("-", i + 1)
    return places


def _is_word(c: str) -> bool:
    """Say whether a letter goes on the id before it; those of other scripts do not."""
    return c == "_" or (c.isalnum() and c.isascii())


# --- code ---------------------------------------------------------------------------------------

# languages whose blocks are never an implementation
DESCRIPTIONS = (
    "jsonc", "json5", "yaml", "yml", "toml", "ini", "xml", "css", "scss", "sql", "graphql", "gql",
    "proto", "protobuf", "http", "mermaid", "plantuml", "puml", "dot", "graphviz", "markdown", "md",
    "console", "shell-session", "shellsession", "pycon", "csv", "openapi", "ebnf", "bnf", "svg",
    "hcl", "terraform", "dockerfile", "gherkin", "feature", "prisma", "dbml", "d2", "abnf", "cddl",
)  # fmt: skip
PYTHON = ("python", "py", "python3", "pyi")
RUBY = ("ruby", "rb")
SHELLS = ("sh", "bash", "zsh", "shell", "fish", "ksh")
SCRIPTS = ("js", "jsx", "ts", "tsx", "javascript", "typescript", "mjs", "cjs")
# languages in which a function has a word before it, and those in which it may have none
WORDED = ("go", "golang", "rust", "rs", "kotlin", "kt", "kts", "swift", "scala", "php")
WORDLESS = (
    *SCRIPTS, "java", "cs", "c#", "csharp", "c", "h", "cpp", "c++", "cc", "hpp", "cxx", "dart",
    "groovy", "objc",
)  # fmt: skip
SHARPS = ("cs", "c#", "csharp", "dart")
EQUALS = ("kotlin", "kt", "kts", "scala")
# how to say that a body is still to be written
UNWRITTEN = (
    "notimplemented", "not implemented", "not_implemented", "unimplemented", "unsupportedoperation",
    "todo!", "todo(", "abstract method", "must override",
)  # fmt: skip
# words by which a line of Python does something instead of declaring it
DOES = (
    "return", "if", "for", "while", "else", "elif", "try", "except", "finally", "match", "await",
    "yield", "with", "break", "continue", "del", "assert", "raise", "async",
)  # fmt: skip
CONTROLS = (
    "if", "for", "while", "switch", "match", "try", "catch", "else", "do", "loop", "finally",
    "when", "using", "lock", "foreach", "guard", "return", "throw", "case", "select", "synchronized",
)  # fmt: skip
MODIFIERS = (
    "export", "default", "async", "public", "private", "protected", "internal", "static", "final",
    "override", "virtual", "abstract", "sealed", "open", "suspend", "inline", "pub", "unsafe",
    "extern", "readonly", "partial", "data", "inner", "go", "defer", "await", "fileprivate",
    "mutating", "explicit", "constexpr", "pub(crate)", "new",
)  # fmt: skip
FUNCTIONS = ("function", "function*", "func", "fn", "fun", "def", "constructor")
HOLDERS = (
    "class", "struct", "trait", "impl", "object", "record", "namespace", "module", "mod", "enum",
    "interface", "protocol", "extension", "union", "package",
)  # fmt: skip
SHAPES = ("type", "declare", "message", "service", "input", "schema", "typedef")
SUFFIXES = (
    ":", "->", "const", "noexcept", "override", "throws", "final", "async", "where", "=>",
)  # fmt: skip


def _code(name: str, lines: list[str]) -> list[Problem]:
    found: list[Problem] = []
    for start, language, block in _blocks(lines):
        bad = _implements(block, language)
        if bad is not None:
            what = name + ":" + str(start + bad + 1)
            why = what + " implements: `" + block[bad].strip()[:60] + "`; signatures are enough"
            found.append({"what": what, "why": why})
    return found


def _blocks(lines: list[str]) -> list[tuple[int, str, list[str]]]:
    """Return each code block: the index of its first line, its language, its lines."""
    blocks: list[tuple[int, str, list[str]]] = []
    fence = ""
    start = 0
    language = ""
    plain: list[tuple[int, str]] = []  # the lines outside every fence
    for n, line in enumerate(lines):
        text = _unquoted(line)
        before = fence
        fence, is_fence_line = _fence(text, fence)
        if is_fence_line and fence:
            start = n + 1
            language = _language(text)
            plain.append((n, ""))
        elif is_fence_line:
            blocks.append((start, language, [_unquoted(body) for body in lines[start:n]]))
        elif not before:
            plain.append((n, line))
    if fence:
        blocks.append((start, language, [_unquoted(body) for body in lines[start:]]))
    blocks += _indented(plain)
    return sorted(blocks, key=lambda block: block[0])


def _unquoted(line: str) -> str:
    while line.startswith(">"):
        line = line[2:] if line[1:2] == " " else line[1:]
    return line


def _language(fence: str) -> str:
    info = fence.strip().strip("`~").strip()
    return info.strip("{").split("{")[0].split(",")[0].split(" ")[0].strip(".}").lower()


def _indented(plain: list[tuple[int, str]]) -> list[tuple[int, str, list[str]]]:
    """Return the blocks set off by four blanks; a line that goes on with a paragraph is none."""
    blocks: list[tuple[int, str, list[str]]] = []
    current: list[str] = []
    start = 0
    above = ""
    for n, line in [*plain, (-1, "end")]:
        is_deep = line.startswith(("    ", "\t"))
        if current and (is_deep or not line.strip()):
            current.append(line)
        elif is_deep and line.strip() and (not above.strip() or above.lstrip().startswith("#")):
            start, current = n, [line]
        elif current:
            blocks += _deep(start, current)
            current = []
        above = line
    return blocks


def _deep(start: int, block: list[str]) -> list[tuple[int, str, list[str]]]:
    """Return what an indented block holds: fences where it stands in a list, else itself."""
    least = min(len(line) - len(line.lstrip()) for line in block if line.strip())
    dedented = [line[least:] for line in block]
    fenced = any(_fence(line, "")[1] for line in dedented)
    if not fenced:
        return [(start, "", dedented)]
    return [(start + n, language, inner) for n, language, inner in _blocks(dedented)]


def _implements(block: list[str], language: str) -> int | None:
    """Return the index of the first line by which a block implements a body, None where none."""
    if language in DESCRIPTIONS:
        return None
    if language in PYTHON:
        return _python(block)
    if language in RUBY:
        return _ruby(block)
    if language in SHELLS:
        return _shell(block)
    if language in WORDED or language in WORDLESS:
        return _braces(block, language)
    if language in ("diff", "patch"):
        block = [line[1:] if line[:1] in ("+", "-", " ") else line for line in block]
    places = [_python(block), _ruby(block), _loops(block), _braces(block, "")]
    return min((place for place in places if place is not None), default=None)


def _is_unwritten_body(text: str) -> bool:
    bare = text.strip().rstrip(";").strip()
    if not bare.strip("'\"`_.…, ") or bare in ("pass", "return ...", "{}", "()"):
        return True
    lower = bare.lower()
    starts = ("raise", "throw", "panic", "todo", "unimplemented", "fatalerror", "return errors.new")
    return lower.startswith(starts) and any(word in lower for word in UNWRITTEN)


def _is_prose(text: str) -> bool:
    """Say whether a line in a body tells in words what would stand there."""
    words = [word.strip(".,:'") for word in text.split()]
    plain = [word for word in words if word.isalpha()]
    return len(plain) >= 3 and len(plain) == len(words) and words[0] not in CONTROLS


def _is_call(text: str) -> bool:
    """Say whether a name with an argument list right behind it stands in a text."""
    i = text.find("(")
    while i >= 0:
        if _is_word(text[i - 1 : i]) and i > 0:
            return True
        i = text.find("(", i + 1)
    return False


def _equals(text: str) -> int:
    """Return where a value is assigned outside every bracket, -1 where nowhere."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        lone = text[i + 1 : i + 2] not in ("=", ">") and text[i - 1 : i] not in ("=", "!", "<", ">")
        if c == "=" and depth <= 0 and (lone or i == 0):
            return i
    return -1


def _balance(text: str) -> int:
    return sum((c in "([{") - (c in ")]}") for c in text)


# Python and Ruby: a body is what is set deeper than its `def`


def _python(block: list[str]) -> int | None:
    opened: int | None = None
    for n, line in _joined(_clean(block, ("#",), "'\"", triple=True)):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if opened is not None and indent <= opened:
            opened = None
        if opened is not None and _does(text):
            return n
        body = _body_of_def(text)
        if body is not None and opened is None:
            opened = indent
        if body and _does(body):
            return n
    return None


def _joined(lines: list[str]) -> list[tuple[int, str]]:
    """Join the lines that an open bracket holds together; leave out the empty ones."""
    joined: list[tuple[int, str]] = []
    held = ""
    start = 0
    for n, line in enumerate(lines):
        if not held:
            start = n
        held = held + " " + line.strip() if held else line
        if _balance(held) <= 0 or n - start > 40:
            if held.strip():
                joined.append((start, held))
            held = ""
    return [*joined, (start, held)] if held.strip() else joined


def _body_of_def(text: str) -> str | None:
    """Return what follows the colon of a `def`; None where the line is none or has no colon."""
    head = text[6:].strip() if text.startswith("async ") else text
    name, paren, _ = head[4:].partition("(")
    if not head.startswith("def ") or not paren or not name.split("[")[0].strip().isidentifier():
        return None
    depth = 0
    for i, c in enumerate(head):
        depth += (c in "([{") - (c in ")]}")
        if c == ":" and depth == 0:
            return head[i + 1 :].strip()
    return None


def _does(text: str) -> bool:
    """Say whether a line in a Python body is logic rather than a stub or a declaration."""
    first = text.replace("(", " ").replace(":", " ").split(" ")[0]
    if _is_unwritten_body(text) or text.startswith("@") or text.startswith("async def "):
        return False
    if first in ("def", "class", "import", "from", "global", "nonlocal"):
        return False
    if text[:1] in ("'", '"') and not text[1:].strip("'\"abcdefghijklmnopqrstuvwxyz_ ").strip():
        return False
    return first in DOES or _equals(text) > 0 or _augments(text) or _is_call(text)


def _augments(text: str) -> bool:
    return any(mark in text for mark in (" += ", " -= ", " *= ", " /= ", " |= ", " &= "))


def _ruby(block: list[str]) -> int | None:
    lines = _clean(block, ("#",), "'\"")
    opened: int | None = None
    for n, line in enumerate(lines):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if opened is not None and text and indent <= opened:
            opened = None
        acts = text and text != "end" and not text.startswith("def ")
        if opened is not None and acts and not _is_unwritten_body(text) and not _is_prose(text):
            return n
        if not text.startswith("def ") or text.endswith(":"):
            continue
        head, _, body = text.partition(";")
        body = body.strip().removesuffix("end").strip("; ")
        if body or " = " in head.partition(")")[2]:
            if not _is_unwritten_body(body or head.rpartition(" = ")[2]):
                return n
        elif not text.endswith("end") and _ends(lines, n, indent):
            opened = indent
    return None


def _ends(lines: list[str], n: int, indent: int) -> bool:
    """Say whether what opens on line `n` is closed by an `end` set as deep."""
    for line in lines[n + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return line.strip() == "end"
    return False


# shell: functions and control flow; commands are examples


def _shell(block: list[str]) -> int | None:
    heredoc = ""
    for n, line in enumerate(block):
        text = line.strip()
        if heredoc:
            heredoc = "" if text == heredoc else heredoc
            continue
        _, mark, word = text.partition("<<")
        heredoc = word.strip("-~ ").split(" ")[0].strip("'\"") if mark and word[:1] != "<" else ""
        head, brace, body = text.partition("{")
        named = head.removeprefix("function ").strip()
        is_function = bool(brace) and (named.endswith("()") or head.startswith("function "))
        if is_function and named.removesuffix("()").strip().replace("-", "_").isidentifier():
            if body.strip("}; "):
                return n
            inner = _next(block, n)
            if inner is not None and block[inner].strip() not in ("}", ":", "...", "…", "true"):
                return inner
    return _loops(block)


def _loops(block: list[str]) -> int | None:
    """Return the line below a shell's `if`, `for`, `while`, `case`, or its own if it holds all."""
    for n, line in enumerate(block):
        words = line.replace(";", " ; ").split()
        below = _next(block, n)
        after = block[below].split()[:1] if below is not None else []
        opener = {"if": "then", "for": "do", "while": "do", "until": "do", "case": "in"}.get(
            words[0] if words else "", ""
        )
        is_for = bool(words) and (words[0] != "for" or (words[2:3] == ["in"] or "((" in line))
        if not opener or not is_for or opener not in [*words[1:], *after]:
            continue
        if opener == "in" and words[-1] != "in":
            continue
        if opener != "in" and opener in words[1:] and words[words.index(opener) - 1] != ";":
            continue
        if opener in words[1:-1]:
            return n
        return below if below is not None else n
    return None


def _next(block: list[str], n: int) -> int | None:
    """Return the next line below `n` that is neither blank nor a comment."""
    for i in range(n + 1, len(block)):
        if block[i].strip() and not block[i].lstrip().startswith("#"):
            return i
    return None


# languages with braces: a body is what stands between those of a function


def _braces(block: list[str], language: str) -> int | None:
    marks = ("//", "#") if language in ("php", "") else ("//",)
    quotes = '"' if language in ("rust", "rs") else "'\"`"
    lines = _clean(block, marks, quotes)
    if not language and not any(line.rstrip().endswith(("}", ";", "{")) for line in lines):
        return None
    frames: list[tuple[str, str, int]] = []  # kind, the words before its brace, their line
    head = ""
    at = 0
    for n, line in enumerate(lines):
        for c in line.replace("<?php", "") + "\n":
            kind = frames[-1][0] if frames else ""
            is_end = c == ";" or (c == "\n" and not _goes_on(head, lines, n))
            if (c in "{}" or is_end) and _is_logic(head, kind, language, c):
                return at
            if c == "{":
                frames.append((_kind(head, kind, language), head, at))
                head = ""
            elif c == "}" and frames:
                closed, outer, outer_at = frames.pop()
                head, at = (outer + "{}", outer_at) if closed in ("value", "shape") else ("", n)
            elif is_end or c == "}":
                head = "" if _balance(head) <= 0 or c == "}" else head + c
            else:
                at = n if not head.strip() else at
                head += c
    return None


def _goes_on(head: str, lines: list[str], n: int) -> bool:
    """Say whether a statement goes on after the end of line `n`."""
    text = head.rstrip()
    if not text:
        return True
    below = next((line.strip() for line in lines[n + 1 :] if line.strip()), "")
    ends = (",", "=", "=>", "->", ":", "|", "&", "+", "(", "\\")
    starts = ("{", ":", "->", "=>", "throws ", "where ", "extends ", "implements ", "?", ".")
    return _balance(text) > 0 or text.endswith(ends) or below.startswith(starts)


def _is_logic(head: str, kind: str, language: str, end: str) -> bool:
    """Say whether a statement is logic where it stands: in a body, or as a body of one line."""
    text = " ".join(head.split()).strip(", ")
    if not text or kind == "shape":
        return False
    if kind != "function":
        return end != "{" and _is_one_line_body(text, language)
    if _is_unwritten_body(text) or _is_prose(text):
        return False
    first = text.replace("(", " ").split()[0]
    return bool(language) or first in CONTROLS or _equals(text) > 0 or _is_call(text)


def _is_one_line_body(text: str, language: str) -> bool:
    words = _after_modifiers(text)
    first = words.split(" ")[0]
    if language in EQUALS and first in ("fun", "def"):
        return _equals(words) > 0 and not _is_unwritten_body(words[_equals(words) + 1 :])
    head, arrow, value = words.partition("=>")
    if not arrow or not value.strip() or _is_unwritten_body(value):
        return False
    if language in SHARPS:
        return _is_method(head.strip()) and first not in CONTROLS
    if first not in ("const", "let", "var") or (language and language not in SCRIPTS):
        return False
    given = words[_equals(words) + 1 :].strip() if _equals(words) > 0 else ""
    given = given.removeprefix("async ").strip() if given.startswith("async ") else given
    before = given.partition("=>")[0].strip()
    return before.startswith(("(", "<")) or before.isidentifier()


def _after_modifiers(text: str) -> str:
    words = text.split()
    while words and (words[0].rstrip(":") in MODIFIERS or words[0][:1] in ("@", "[", "#")):
        words = words[1:]
    return " ".join(words)


def _kind(head: str, outer: str, language: str) -> str:
    """Say what a brace opens: a function, a holder of members, a shape, control flow, a value."""
    if outer == "shape":
        return "shape"
    text = " ".join(head.split()).strip(", ")
    if text.split(" ")[0] in SHAPES or "declare" in text.split(" ")[:2]:
        return "shape"
    tail = _after_modifiers(_tail(text))
    first = tail.replace("(", " ").replace("<", " ").split(" ")[0]
    if first in SHAPES or (first == "interface" and language in (*SCRIPTS, "")):
        return "shape"
    if first in CONTROLS:
        return "control"
    if first in HOLDERS and (language or tail.replace("<", " ").count(" ") >= 1):
        return "holder"
    return "function" if _opens_function(tail, outer, language) else "value"


def _opens_function(tail: str, outer: str, language: str) -> bool:
    value = tail[_equals(tail) + 1 :].strip() if _equals(tail) > 0 else tail
    value = _after_modifiers(value)
    first = value.replace("(", " ").split(" ")[0]
    if _balance(value) > 0:
        return False
    if value.endswith("=>") and (not language or language in (*SCRIPTS, *SHARPS)):
        return "(" in value or bool(language)
    if value.endswith("->") and language in ("java", "groovy"):
        return True
    if first in FUNCTIONS and "(" in value:
        return bool(language) or _is_named_function(value)
    if tail in ("get", "set", "init") and outer == "holder":
        return True
    if language in WORDLESS:
        return _is_method(value) and value == tail
    is_member = outer == "holder" or " " in tail.partition("(")[0].strip()
    return not language and is_member and not first[:1].isdigit() and _is_method(tail)


def _is_named_function(text: str) -> bool:
    name = text.partition(" ")[2].partition("(")[0].split("<")[0].strip()
    return not name or name.isidentifier() or text.startswith("function")


def _tail(text: str) -> str:
    """Return what stands behind the last bracket that is still open, or behind its last comma."""
    start = 0
    opened: list[int] = []
    for i, c in enumerate(text):
        if c in "([":
            opened.append(start)
            start = i + 1
        elif c in ")]":
            start = opened.pop() if opened else 0
        elif c == "," and opened:
            start = i + 1
    return text[start:].strip()


def _is_method(text: str) -> bool:
    """Say whether a text is a name, its parameters, and at most a type behind them."""
    before, paren, _ = text.partition("(")
    words = before.split()
    if not paren or not words or "=" in before or words[0] in (*CONTROLS, "rpc", "on"):
        return False
    name = words[-1].split("<")[0].split("::")[-1].strip("~*&#")
    types = "".join(words).replace("::", "")
    if not name.isidentifier() or any(c in "|/-\"'().;:$" for c in types):
        return False
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if c == ")" and depth == 0:
            rest = text[i + 1 :].strip()
            return not rest or rest.startswith(SUFFIXES)
    return False


def _clean(
    block: list[str], marks: tuple[str, ...], quotes: str, *, triple: bool = False
) -> list[str]:
    """Blank comments and long strings, and leave only letters in the short ones."""
    cleaned = []
    until = ""
    for line in block:
        text = ""
        i = 0
        while i < len(line):
            if until:
                end = line.find(until, i)
                i = len(line) if end < 0 else end + len(until)
                until = until if end < 0 else ""
                continue
            if triple and line.startswith(('"""', "'''"), i):
                until = line[i : i + 3]
                text += '""'
                i += 3
            elif not triple and line.startswith("/*", i):
                until = "*/"
                i += 2
            elif line.startswith(marks, i) and line[i - 1 : i] != ":":
                break
            else:
                part = _string(line, i, quotes)
                text += part or line[i]
                i += len(part) or 1
        cleaned.append(text)
    return cleaned


def _string(line: str, i: int, quotes: str) -> str:
    """Return the string that starts at `i`, its signs blanked; nothing where none is closed."""
    quote = line[i]
    end = line.find(quote, i + 1)
    while end > 0 and line[end - 1] == "\\":
        end = line.find(quote, end + 1)
    if quote not in quotes or end < 0:
        return ""
    return quote + "".join(c if c.isalnum() else "_ "[c == " "] for c in line[i + 1 : end]) + quote


# --- markdown -----------------------------------------------------------------------------------


def _fence(line: str, fence: str) -> tuple[str, bool]:
    """Return the fence that is open after this line, and whether this line is a fence itself."""
    text = line.strip()
    if fence:
        return ("", True) if text.startswith(fence) and not text.strip(fence[0]) else (fence, False)
    for mark in ("`", "~"):
        size = len(text) - len(text.lstrip(mark))
        if size >= 3 and line[:4].strip() and (mark == "~" or "`" not in text[size:]):
            return mark * size, True
    return "", False


def _without_comments(text: str) -> list[str]:
    """Return the lines with HTML comments blanked, but for those that code shows."""
    lines = []
    fence = ""
    is_open = False
    for line in text.replace("\r\n", "\n").split("\n"):
        if not is_open:
            fence, is_fence_line = _fence(_unquoted(line), fence)
            if fence or is_fence_line:
                lines.append(line)
                continue
        kept, is_open = _without_comment(line, is_open=is_open)
        lines.append(kept)
    return lines


def _without_comment(line: str, *, is_open: bool) -> tuple[str, bool]:
    """Return what a line holds outside comments, and whether one is still open at its end."""
    kept = ""
    rest = line
    while rest:
        if is_open:
            _, closed, rest = rest.partition("-->")
            is_open = not closed
            continue
        before, opened, after = rest.partition("<!--")
        kept += before
        if opened and kept.count("`") % 2 and "`" in after:
            kept += opened
        else:
            is_open = bool(opened)
        rest = after
    return kept, is_open
