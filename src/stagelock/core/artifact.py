"""Is an artifact whole? Its sections, its acceptance criteria, and no code where none belongs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import OwedArtifact, Problem

CRITERIA = "acceptance criteria"
# what stands in a section that nobody has written yet
PLACEHOLDERS = (
    "todo", "tbd", "tba", "fixme", "xxx", "...", "…", "-", "lorem ipsum", "none yet", "to do",
    "to be done", "to be decided", "to be defined", "fill in", "wip", "placeholder", "?",
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
        found += _own_criteria(name, lines)
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
        body = bodies.get(section.lower())
        if body is None:
            found.append({"what": what, "why": name + " has no section `" + section + "`"})
        elif not "".join(body).strip():
            found.append({"what": what, "why": "section `" + section + "` is empty"})
        elif all(_is_placeholder(line) for line in body):
            why = "section `" + section + "` holds only a placeholder"
            found.append({"what": what, "why": why})
    return found


def _bodies(lines: list[str]) -> dict[str, list[str]]:
    """Return the lines below each heading, those of its subsections included."""
    bodies: dict[str, list[str]] = {}
    stack: list[tuple[int, str]] = []
    fence = ""
    for n, line in enumerate(lines):
        fence, is_fence_line = _fence(line, fence)
        level = 0 if fence or is_fence_line else _level(lines, n)
        if level:
            stack = [(depth, title) for depth, title in stack if depth < level]
            title = _title(line)
            stack.append((level, title))
            bodies.setdefault(title, [])
        elif not _is_underline(lines, n):
            for _, title in stack:
                bodies[title].append(line)
    return bodies


def _level(lines: list[str], n: int) -> int:
    """Return the level of the heading on line `n`, 0 where it is none."""
    line = lines[n].rstrip()
    marks = len(line) - len(line.lstrip("#"))
    if 1 <= marks <= 6 and line[marks : marks + 1] in ("", " ", "\t"):
        return marks
    if n + 1 < len(lines) and line and not line.startswith((" ", "-", "*", ">", "|")):
        below = lines[n + 1].strip()
        if len(below) > 2 and not below.strip("="):
            return 1
        if len(below) > 2 and not below.strip("-"):
            return 2
    return 0


def _is_underline(lines: list[str], n: int) -> bool:
    below = lines[n].strip()
    return n > 0 and len(below) > 2 and not below.strip("=-") and _level(lines, n - 1) > 0


def _title(line: str) -> str:
    """Return a heading's words: no marks, no number before them, no colon after."""
    words = line.strip().strip("#").strip().rstrip(":").split()
    while words and not words[0].strip("0123456789.)"):
        words = words[1:]
    return " ".join(words).lower().strip("*_`")


def _is_placeholder(line: str) -> bool:
    bare = line.strip().lstrip("-*+>#|0123456789.) \t")
    bare = (bare[3:] if bare[:1] == "[" and bare[2:3] == "]" else bare).strip("*_`:!. \t").lower()
    raw = line.strip()
    if not bare:
        return True
    if (raw[:1], raw[-1:]) in (("<", ">"), ("[", "]"), ("{", "}")):
        return True
    return bare in PLACEHOLDERS or bare.startswith(("lorem ipsum", "todo", "tbd", "fixme"))


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
    for line in _bodies(lines).get(CRITERIA, []):
        item = line.strip().lstrip("-*+|#>0123456789.) \t[]").lstrip("*_`")
        mentioned = _mentioned(item[:8])
        rest = item[item.find(str(mentioned[0])) + len(str(mentioned[0])) :] if mentioned else ""
        if item[:3].upper() == "AC-" and mentioned and any(c.isalnum() for c in rest):
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
    words = [word for word in line.upper().split() if "AC-" not in word]
    if any(c.isalnum() for c in "".join(words)):
        return True
    after = next((text.strip() for text in following if text.strip()), "")
    names_more = bool(_mentioned(after)) or after.startswith("#")
    return bool(after) and not names_more and not _is_placeholder(after)


def _mentioned(text: str) -> list[int]:
    """Return the numbers n of every `AC-n` in a text; AC-12 is not AC-1."""
    numbers = []
    upper = text.upper()
    i = upper.find("AC-")
    while i >= 0:
        j = i + 3
        while j < len(upper) and upper[j] in "0123456789":
            j += 1
        before = upper[i - 1 : i]
        if j > i + 3 and not before.isalnum() and not upper[j : j + 1].isalnum():
            numbers.append(int(upper[i + 3 : j]))
        i = upper.find("AC-", i + 3)
    return numbers


# --- code ---------------------------------------------------------------------------------------

# languages whose blocks are never an implementation
DESCRIPTIONS = (
    "json", "jsonc", "json5", "yaml", "yml", "toml", "ini", "xml", "html", "css", "sql", "graphql",
    "gql", "proto", "protobuf", "http", "text", "txt", "plain", "ascii", "mermaid", "plantuml",
    "dot", "markdown", "md", "diff", "console", "shell-session", "csv", "openapi", "ebnf", "bnf",
    "svg",
)  # fmt: skip
SHELLS = ("sh", "bash", "zsh", "shell")
# how a declaration with a body in braces may begin
BODIES = (
    "function", "func", "fn", "fun", "pub", "export", "public", "private", "protected", "static",
    "async", "impl", "class", "void", "int", "bool", "string", "String", "get", "set",
)  # fmt: skip
# languages in which a bare `name(...)` in a body may be a member's signature
SIGNATURES = ("ts", "typescript", "go", "")
# words by which a line does something instead of declaring it
DOES = (
    "return", "if", "for", "while", "else", "elif", "try", "catch", "except", "switch", "match",
    "await", "yield", "with", "foreach", "unless", "loop", "defer", "break", "continue", "del",
)  # fmt: skip
DECLARES = (
    "def", "class", "async", "interface", "type", "enum", "struct", "trait", "protocol", "abstract",
    "public", "private", "protected", "static", "export", "declare", "import", "from", "use", "fn",
    "func", "fun", "const", "let", "var", "val", "package", "namespace", "module", "pub",
    "readonly", "impl", "@", "#", "//", "/*", "*", "--",
)  # fmt: skip


def _code(name: str, lines: list[str]) -> list[Problem]:
    found: list[Problem] = []
    for start, language, block in _blocks(lines):
        if language in DESCRIPTIONS:
            continue
        bad = _implements(block, language)
        if bad is not None:
            line = start + bad + 1
            why = name + ":" + str(line) + " implements: `" + block[bad].strip()[:60] + "`"
            found.append({"what": name + ":" + str(line), "why": why + "; signatures are enough"})
    return found


def _blocks(lines: list[str]) -> list[tuple[int, str, list[str]]]:
    """Return each code block: the index of its first line, its language, its lines."""
    blocks: list[tuple[int, str, list[str]]] = []
    fence = ""
    current: list[str] = []
    indented: list[str] = []
    start = 0
    language = ""
    for n, line in enumerate([*lines, ""]):
        before = fence
        fence, is_fence_line = _fence(line, fence)
        if is_fence_line and fence:
            start, current = n + 1, []
            language = line.strip().strip("`~").strip().split(" ")[0].lower()
        elif is_fence_line and before:
            blocks.append((start, language, current))
        elif fence:
            current.append(line)
        if (
            not fence
            and not is_fence_line
            and (line.startswith(("    ", "\t")) or (indented and not line.strip()))
        ):
            indented.append(line)
        elif indented:
            blocks.append((n - len(indented), "", indented))
            indented = []
    if indented:
        blocks.append((len(lines) + 1 - len(indented), "", indented))
    if fence:
        blocks.append((start, language, current))
    return blocks


def _implements(block: list[str], language: str) -> int | None:
    """Return the index of the first line by which a block implements a body, None where none."""
    shell = language in SHELLS
    opened: int | None = None  # the indent of the declaration whose body we are in
    for n, line in enumerate(block):
        text = line.strip()
        if not text:
            continue
        indent = len(line) - len(line.lstrip())
        if opened is not None and indent > opened and (shell or _does(text, language)):
            return n
        if opened is not None and indent <= opened and text not in ("}", "{", "};", "end"):
            opened = None
        if opened is None and _opens(text, language):
            opened = indent
            if _does_inline(text):
                return n
    return None


def _opens(text: str, language: str) -> bool:
    """Say whether a line opens the body of a function or class."""
    words = text.replace("(", " ( ").split()
    if not words:
        return False
    head = words[0]
    if head in ("def", "class", "async") and text.rstrip().endswith(":"):
        return True
    if head == "def" and language in ("ruby", "rb", ""):
        return True
    if head in ("interface", "type", "enum", "declare", "abstract", "trait", "struct", "message"):
        return False
    has_body = "{" in text
    if has_body and (head in BODIES or "=>" in text or text.rstrip().endswith(") {")):
        return "interface" not in words and "struct" not in words and "enum" not in words
    if language in SHELLS:
        return text.endswith(("() {", "(){", "; then", "; do")) or head in (
            "if",
            "for",
            "while",
            "case",
        )
    return "=>" in text and has_body


def _does_inline(text: str) -> bool:
    """Say whether a body on the same line does something: `{ return x }`, `: return x`."""
    _, brace, body = text.partition("{")
    if brace and body.strip().rstrip("}").strip():
        inner = body.strip().rstrip("}").strip()
        return any(inner.startswith(word + end) for word in DOES for end in (" ", "(", ";")) or (
            "=" in inner and ";" in inner
        )
    return False


def _does(text: str, language: str) -> bool:
    """Say whether a line in a body is logic rather than a declaration, a comment or a stub."""
    bare = text.rstrip(";").strip()
    if bare in ("...", "pass", "{", "}", "},", ")", "):", "end") or bare.startswith(
        (
            "raise NotImplementedError",
            'throw new Error("not',
            "throw new Error('not",
            "todo!",
            "unimplemented!",
            'panic("not',
        )
    ):
        return False
    first = bare.replace("(", " ").split(" ")[0].rstrip(":")
    if bare.startswith(("#", "//", "/*", "*", "@", '"""', "'''", '"', "'", "--")):
        return False
    if first in DOES:
        return True
    if first in DECLARES:
        return _is_assigned_call(bare) and first in ("const", "let", "var", "val")
    return _is_statement(bare, language)


def _is_assigned_call(bare: str) -> bool:
    _, equals, value = bare.partition("=")
    return bool(equals) and ("(" in value or "." in value or "+" in value)


def _is_statement(bare: str, language: str) -> bool:
    """Say whether a line assigns or calls; a field (`name: str = "x"`) does neither."""
    target, equals, value = bare.partition("=")
    before = target.rstrip()
    if equals and not value.startswith("=") and not before.endswith(("=", "!", "<", ">")):
        if ":" in before:
            return False
        computed = any(mark in value for mark in "(+*/[")
        return computed or before.endswith(("+", "-", "*", "/", "|")) or "." in before
    name, paren, _ = bare.partition("(")
    called = bool(paren) and bare.endswith(")") and name.replace(".", "").replace("_", "").isalnum()
    return called and ("." in name or language not in SIGNATURES)


# --- markdown -----------------------------------------------------------------------------------


def _fence(line: str, fence: str) -> tuple[str, bool]:
    """Return the fence that is open after this line, and whether this line is a fence itself."""
    text = line.strip()
    if fence:
        return ("", True) if text.startswith(fence) and not text.strip(fence[0]) else (fence, False)
    for mark in ("`", "~"):
        size = len(text) - len(text.lstrip(mark))
        if size >= 3 and line[:4].strip() and "`" not in text[size:]:
            return mark * size, True
    return "", False


def _without_comments(text: str) -> list[str]:
    """Return the lines with HTML comments blanked; a comment counts as nothing."""
    parts = []
    i = 0
    while True:
        start = text.find("<!--", i)
        if start < 0:
            parts.append(text[i:])
            break
        end = text.find("-->", start)
        end = len(text) if end < 0 else end + 3
        parts.append(text[i:start])
        parts.append("\n" * text.count("\n", start, end))
        i = end
    return "".join(parts).replace("\r\n", "\n").split("\n")
