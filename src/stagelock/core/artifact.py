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
    return bare in PLACEHOLDERS or bare.startswith(("lorem ipsum", "todo:", "tbd:", "fixme:"))


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
    "gql", "proto", "protobuf", "http", "mermaid", "plantuml",
    "dot", "markdown", "md", "diff", "console", "shell-session", "csv", "openapi", "ebnf", "bnf",
    "svg",
)  # fmt: skip
PLAIN_TEXT = ("text", "txt", "plain", "ascii")
CONTROL = ("if", "for", "while", "case", "switch", "try", "foreach", "until")
# words of shapes without logic
SHAPES = ("interface", "struct", "enum", "trait", "type", "declare", "message", "abstract")
STUBS = (
    "raise NotImplementedError", "throw new Error", "throw new Not", "todo!", "unimplemented!",
    "panic(",
)  # fmt: skip
PRE = "<pre>"
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
    language = ""
    current: list[str] = []
    start = 0
    in_list = False
    for n, raw in enumerate([*lines, "", "-"]):
        line = raw.removeprefix("> ")
        before = fence
        fence, is_fence_line = _fence(line, fence)
        if is_fence_line or before:
            if before and not fence:
                blocks.append((start, language, current))
            if fence and not before:
                start, current = n + 1, []
                language = line.strip().strip("`~").strip().split(" ")[0].lower()
                language = "" if fence == PRE else language
            elif fence:
                current.append(line)
            continue
        bare = line.strip()
        if line.startswith(("    ", "\t")) and not in_list:
            if current:
                current = [*current, *[""] * (n - start - len(current)), line]
            else:
                start, current = n, [line]
            language = "(indented)"
        elif bare:
            if language == "(indented)" and current:
                blocks.append((start, "", current))
            language, current = "", []
            in_list = bare[0] in "-*+" or bare.split(" ")[0].rstrip(".)").isdigit()
    if fence:
        blocks.append((start, language, current[:-2]))
    return blocks


def _implements(block: list[str], language: str) -> int | None:
    """Return the index of the first line by which a block implements a body, None where none."""
    shell = language in SHELLS
    bodies: list[tuple[int, str]] = []  # the indent and kind of each body we are in
    for n, text in _statements(block):
        indent = len(block[n]) - len(block[n].lstrip())
        while bodies and indent <= bodies[-1][0] and text not in ("}", "{", "};", "end", ")"):
            bodies.pop()
        if bodies and shell:
            return n
        if bodies and bodies[-1][1] == "function" and _does(text, language):
            return n
        kind = _opens(text, _next_line(block, n), language)
        if kind:
            if _does_inline(text):
                return n
            bodies.append((indent, kind))
        elif _arrow_does(text):
            return n
    return None


def _statements(block: list[str]) -> list[tuple[int, str]]:
    """Return the lines that say something: docstrings gone, open brackets closed by joining."""
    found: list[tuple[int, str]] = []
    doc = ""
    held = ""
    first = 0
    for n, line in enumerate(block):
        text = line.strip()
        if doc:
            doc = "" if doc in text else doc
            continue
        for mark in ('"""', "'''"):
            if text.lstrip("rRbBuUfF").startswith(mark):
                doc = "" if text.count(mark) > 1 else mark
                text = ""
        if not text:
            continue
        first = n if not held else first
        held = (held + " " + text).strip()
        if held.count("(") <= held.count(")") or held.endswith("{"):
            found.append((first, held))
            held = ""
    if held:
        found.append((first, held))
    return found


def _next_line(block: list[str], n: int) -> str:
    return next((line.strip() for line in block[n + 1 :] if line.strip()), "")


def _opens(text: str, below: str, language: str) -> str:
    """Say what body a statement opens: of a `function`, of a `class`, or none."""
    head = text.replace("(", " ").split(" ")[0]
    words = text.replace("(", " ( ").replace("{", " { ").split()
    if language in SHELLS:
        opens = text.endswith(("() {", "(){", "; then", "; do")) or head in CONTROL
        return "function" if opens else ""
    if head in ("def", "async", "class") and ":" in text and not text.endswith(("...", ";")):
        return "class" if head == "class" else "function"
    if head in ("def", "class") and language in ("ruby", "rb"):
        return "class" if head == "class" else "function"
    braces = "{" in text or below == "{"
    if head in CONTROL and language not in ("", *PLAIN_TEXT) and (text.endswith(":") or braces):
        return "function"
    if not braces or any(word in words for word in SHAPES):
        return ""
    if "class" in words or head == "impl":
        return "class"
    called = "(" in text and ")" in text
    return "function" if called and (head in BODIES or text.endswith("{") or below == "{") else ""


def _does_inline(text: str) -> bool:
    """Say whether a body on the same line does something: `{ return x }`, `: return x`."""
    if text.startswith(("def ", "async ", "class ")):
        after = text[text.rindex(")") :] if ")" in text else text
        body = after.partition(":")[2].strip()
        if text.count(")") and "return" in text.rpartition(":")[2]:
            return True
        return bool(body) and _does(body, "python")
    body = text.partition("{")[2].strip().rstrip("};").strip()
    return bool(body) and (
        body.replace("(", " ").split(" ")[0] in DOES or ("=" in body and ";" in body)
    )


def _arrow_does(text: str) -> bool:
    """Say whether `const f = (a) => g(a)` computes; a type with an arrow does not."""
    head, arrow, body = text.partition("=>")
    named = head.startswith(("const ", "let ", "var ", "export "))
    return bool(arrow) and named and "=" in head and "(" in body.replace("({", "")


def _does(text: str, language: str) -> bool:
    """Say whether a line in a body is logic rather than a declaration, a comment or a stub."""
    bare = text.rstrip(";").strip()
    if bare in ("...", "pass", "{", "}", "},", ")", "):", "end") or bare.startswith(STUBS):
        return False
    if bare.startswith(("#", "//", "/*", "*", "@", '"', "'", "--")):
        return False
    first = bare.replace("(", " ").split(" ")[0].rstrip(":")
    if first in DOES:
        return True
    if first in DECLARES:
        return first in ("const", "let", "var", "val") and _is_assigned_call(bare)
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
    if fence == PRE:
        return ("", True) if "</pre>" in text else (fence, False)
    if fence:
        return ("", True) if text.startswith(fence) and not text.strip(fence[0]) else (fence, False)
    if text.startswith("<pre") and "</pre>" not in text:
        return PRE, True
    for mark in ("`", "~"):
        size = len(text) - len(text.lstrip(mark))
        if size >= 3 and line[:4].strip() and "`" not in text[size:]:
            return mark * size, True
    return "", False


def _without_comments(text: str) -> list[str]:
    """Return the lines with HTML comments blanked; a comment counts as nothing.

    What stands in a fence or between backticks is no comment, and one that is never closed is text.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    fence = ""
    n = 0
    while n < len(lines):
        fence, is_fence_line = _fence(lines[n], fence)
        start = lines[n].find("<!--")
        quoted = lines[n].count("`", 0, max(start, 0)) % 2
        if fence or is_fence_line or start < 0 or quoted:
            n += 1
            continue
        end = next(
            (m for m in range(n, len(lines)) if "-->" in lines[m][start if m == n else 0 :]), -1
        )
        if end < 0:
            n += 1
            continue
        after = lines[end].partition("-->")[2] if end > n else lines[n][start:].partition("-->")[2]
        lines[n] = lines[n][:start] + (after if end == n else "")
        for m in range(n + 1, end + 1):
            lines[m] = "" if m < end else after
    return lines
