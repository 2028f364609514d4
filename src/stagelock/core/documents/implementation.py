"""Does a document implement? Bodies with logic, told from signatures, schemas and wireframes."""

from __future__ import annotations

from .markdown import fence_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Problem

# languages whose blocks describe and never implement
DESCRIPTIONS = (
    "yaml", "yml", "toml", "ini", "xml", "html", "css", "sql", "graphql", "gql", "proto",
    "protobuf", "thrift", "http", "mermaid", "plantuml", "dot", "markdown", "md", "console",
    "shell-session", "csv", "openapi", "ebnf", "bnf", "svg", "prisma", "hcl", "terraform", "nginx",
    "dockerfile", "makefile", "make",
)  # fmt: skip
PYTHONS = ("py", "python", "python3", "pyi")
SHELLS = ("sh", "bash", "zsh", "shell")
ENDED = ("ruby", "rb", "lua", "elixir", "ex", "julia", "crystal")  # a body runs up to `end`
BRACES = (
    "js", "javascript", "mjs", "jsx", "ts", "typescript", "tsx", "go", "golang", "rust", "rs",
    "java", "kotlin", "kt", "scala", "swift", "c", "h", "cpp", "c++", "cc", "hpp", "cs", "csharp",
    "c#", "php", "dart", "groovy",
)  # fmt: skip
CONTROL = (
    "if", "for", "while", "until", "case", "switch", "catch", "with", "foreach", "using", "lock",
    "synchronized", "match", "when", "unless", "else", "elif", "elseif", "do", "try", "loop",
    "guard", "return", "new", "await",
)  # fmt: skip
FUNCTIONS = ("function", "func", "fn", "fun", "def")
TYPES = ("interface", "enum", "struct", "trait", "type", "protocol", "union", "record", "message")
# words by which a line does something instead of declaring it
DOES = (
    "return", "if", "for", "while", "switch", "throw", "raise", "await", "yield", "try", "match",
    "assert", "del", "with", "break", "continue", "const", "let", "var",
)  # fmt: skip
STUBS = (
    "...", "pass", "raise notimplementederror", "return notimplemented", "throw new ", "todo!",
    "unimplemented!", "panic(", "todo(", "fatalerror(", "error(",
)  # fmt: skip


def implementations(name: str, lines: list[str]) -> list[Problem]:
    """Name each code block that implements instead of describing, at its first such line."""
    found: list[Problem] = []
    for start, language, block in _blocks(_unquoted(lines)):
        bad = _implements(block, language)
        if bad is not None:
            line = start + bad + 1
            why = name + ":" + str(line) + " implements: `" + block[bad].strip()[:60] + "`"
            found.append({"what": name + ":" + str(line), "why": why + "; signatures are enough"})
    return found


def _unquoted(lines: list[str]) -> list[str]:
    """Take the mark of a block quote off its lines, where no other fence is open."""
    plain: list[str] = []
    fence = ""
    opened_quoted = False
    for line in lines:
        quoted = line.startswith(">") and (opened_quoted or not fence)
        bare = line[2:] if quoted and line[1:2] == " " else line[1:] if quoted else line
        before = fence
        opens_pre = not fence and bare.lstrip()[:4].lower() == "<pre"
        if opens_pre or (fence == "```" and "</pre>" in bare.lower()):
            bare = "```"
        fence, _ = fence_after(bare, fence)
        if fence and not before:
            opened_quoted = quoted
        plain.append(bare)
    return plain


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
        fence, is_fence_line = fence_after(line, fence)
        if is_fence_line and fence:
            start, current = n + 1, []
            language = _language(line)
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


def _language(line: str) -> str:
    """Return the language a fence names: `python title=x`, `{.python}`, `python:app.py`."""
    words = line.strip().strip("`~").strip().strip("{}.").replace(":", " ").replace(",", " ")
    return words.split(" ")[0].lower()


def _implements(block: list[str], language: str) -> int | None:
    """Return the index of the first line by which a block implements a body, None where none."""
    if language in DESCRIPTIONS:
        return None
    if language in ("diff", "patch"):
        block = ["" if line.startswith("-") else line[1:] for line in block]
    if language in PYTHONS:
        return _python(block, sure=True)
    if language in SHELLS:
        return _script(block)
    if language in ENDED:
        return _ended(block)
    if language in BRACES:
        found = _bare_function(block, language)
        return _braces(block, language, sure=True) if found is None else found
    # a label proves nothing, nor does its absence: only what is plainly a body counts
    found = _python(block, sure=False)
    return _braces(block, "", sure=False) if found is None else found


def _python(block: list[str], *, sure: bool) -> int | None:
    """Find a function with a body, in a block that is (or may be) Python."""
    owner: int | None = None  # the indent of the function whose body this is
    for n, indent, text in _logical(block):
        if owner is not None and indent <= owner:
            owner = None
        if text.startswith(("def ", "async def ")):
            head, body = _after_signature(text)
            if head and body and not _is_stub(body) and (sure or _acts(body)):
                return n
            owner = indent if head else owner
        elif sure and owner is None and text.startswith(("for ", "while ")):
            owner = indent  # a loop of its own is code too
        elif (
            owner is not None
            and not text.startswith(("class ", "@"))
            and not _is_stub(text)
            and (sure or _acts(text))
        ):
            return n
    return None


def _logical(block: list[str]) -> list[tuple[int, int, str]]:
    """Return Python's logical lines without comments and docstrings: index, indent, text."""
    found: list[tuple[int, int, str]] = []
    quote = ""
    depth = 0
    for n, line in enumerate(block):
        text = line.strip()
        if quote:
            quote = "" if quote in text else quote
            continue
        if not text or text.startswith("#"):
            continue
        mark = text.lstrip("rRfFuU")[:3]
        if depth <= 0 and mark in ('"' * 3, "'" * 3):
            quote = mark if text.count(mark) == 1 else ""
            text = "" if quote else text.rpartition(mark)[2].strip(" ;")
            if not text or text.startswith("#"):
                continue
        bare = _blanked(text, "python")
        if depth > 0:
            first, indent, before = found[-1]
            found[-1] = (first, indent, before + " " + bare.strip())
        else:
            found.append((n, len(line) - len(line.lstrip()), bare.strip()))
        depth += _depth(bare)
    return found


def _depth(text: str) -> int:
    return sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")


def _after_signature(text: str) -> tuple[bool, str]:
    """Say whether a `def` line has a body to come, and what stands after its colon."""
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == ":" and depth == 0:
            return True, text[i + 1 :].strip()
    return False, ""


def _is_stub(text: str) -> bool:
    bare = text.strip().rstrip(";").strip().lower()
    return not bare or bare.startswith(STUBS) or not bare.strip("\"'")


def _acts(text: str) -> bool:
    """Say whether a line is plainly a statement and not a word of prose or a field."""
    words = text.replace("(", " ( ").split()
    if words[0] in DOES and (len(words) > 1 or text.endswith(";")):
        return words[0] in ("const", "let", "var") or not _is_prose(words[1:])
    return _assigns(text) or (
        text.endswith((")", ");")) and text.partition("(")[0].replace(".", "").isidentifier()
    )


def _is_prose(words: list[str]) -> bool:
    """Say whether words read as a sentence: three or more plain ones in a row."""
    return len(words) >= 3 and all(word.strip(",.;:").isalpha() for word in words[:3])


def _assigns(text: str) -> bool:
    for i, letter in enumerate(text):
        if letter == "=" and text[i + 1 : i + 2] not in ("=", ">"):
            return text[i - 1 : i] not in ("=", "!", "<", ">")
    return False


def _script(block: list[str]) -> int | None:
    """Find control flow or a function in a shell block; `$ for ...` is a transcript."""
    inside = False
    closing = ""  # the word that ends a here-document
    for n, line in enumerate(block):
        text = line.strip()
        if closing or not text or text.startswith("#"):
            closing = "" if text == closing else closing
            continue
        if "<<" in text and "<<<" not in text:
            closing = text.partition("<<")[2].lstrip("- ").split(" ")[0].strip("'\"")
        if inside and text not in ("then", "do", "{", "}", "fi", "done", "esac"):
            return n
        first = text.split()[0]
        opens = first in ("if", "for", "while", "until", "case", "function")
        if opens and text.endswith(("fi", "done", "esac")):
            return n
        inside = inside or opens or text.endswith(("() {", "(){", "()"))
    return None


def _ended(block: list[str]) -> int | None:
    """Find a function with a body in a language whose blocks run up to `end`."""
    owner: int | None = None
    for n, line in enumerate(block):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if owner is not None and indent <= owner:
            owner = None
        if text.startswith(("def ", "defp ", "function ", "local function ")):
            owner = indent
        elif owner is not None and not text.startswith(("#", "--")) and not _is_stub(text):
            return n
    return None


def _bare_function(block: list[str], language: str) -> int | None:
    """Find a function whose body is one expression: `const f = (x) => x + 1`."""
    text = _blanked("\n".join(block), language)
    for n, line in enumerate(text.split("\n")):
        head, equals, body = line.partition("=" if language not in ("cs", "csharp", "c#") else "=>")
        words = head.split()
        if not equals or not words or "type" in words or body.strip().startswith("{"):
            continue
        if language in ("cs", "csharp", "c#"):
            declares = words[0] in ("public", "private", "protected", "internal", "static")
            if declares and head.rstrip().endswith(")"):
                return n
        elif language in ("kotlin", "kt", "scala"):
            rest = line[line.rfind(")") :] if line.count("(") == 1 else line
            is_function = "fun" in words or "def" in words
            if is_function and _depth(head) == 0 and _assigns(rest) and not rest.endswith("{"):
                return n
        elif words[0] in ("const", "let", "var", "export") and _is_arrow(line):
            return n
    return None


def _is_arrow(line: str) -> bool:
    """Say whether a line gives a name an arrow function whose body is an expression."""
    start = line.find("= ") + 2
    value = line[start:].removeprefix("async ").strip()
    parameters, arrow, body = value.partition("=>")
    named = parameters.strip().isidentifier() or parameters.startswith("(")
    return bool(arrow) and named and bool(body.strip()) and not body.strip().startswith("{")


def _braces(block: list[str], language: str, *, sure: bool) -> int | None:
    """Find a function with a body in braces."""
    text = _blanked("\n".join(block), language)
    begin = 0  # where the statement that may own the next brace begins
    depth = 0
    i = 0
    while i < len(text):
        letter = text[i]
        depth += (letter in "([") - (letter in ")]")
        if letter == "{":
            header = _header(text[begin:i])
            end = _closing(text, i)
            if _owns_body(header, sure=sure) and _is_body(text[i + 1 : end], header, sure=sure):
                inner = i + 1 + len(text[i + 1 : end]) - len(text[i + 1 : end].lstrip())
                return text.count("\n", 0, inner)
            if _is_type(header) and not text[i + 1 : end].strip():
                i = end + 1
                continue
            begin, depth = i + 1, 0
        elif letter == ";" and depth <= 0:
            begin, depth = i + 1, 0
        elif letter == "}":
            # `f(x: {a: number}): {b: string}`: the statement goes on after such a brace
            rest = text[i + 1 :].partition("\n")[0].strip()
            if not rest or rest[0] not in ":,)=|[{":
                begin, depth = i + 1, 0
            else:
                begin = text.rfind("\n", 0, i) + 1
        i += 1
    return None


def _header(text: str) -> str:
    """Return the last statement of a text that leads up to a brace, on one line."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    header = ""
    while lines:
        header = (lines.pop() + " " + header).strip()
        goes_on = header.startswith(("throws ", "where ", "->", ":", ")", "{"))
        if _depth(header) >= 0 and not goes_on and not header.endswith(","):
            break
    return header.partition(" where ")[0]


def _closing(text: str, start: int) -> int:
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return i
    return len(text)


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c in "_$" else " " for c in text).split()


def _is_type(header: str) -> bool:
    return any(word in TYPES for word in _words(header.partition("(")[0]))


def _owns_body(header: str, *, sure: bool) -> bool:
    """Say whether the brace after a header opens the body of a function."""
    words = _words(header)
    if not words or words[0] in CONTROL or words[0] in ("type", "declare", "import"):
        return False
    if header.endswith("=>"):
        return True
    if header.endswith((":", ",", "(", "[", "|", "&", "<")):
        return False
    if any(word in FUNCTIONS for word in words) and "(" in header:
        returned = header.rpartition(")")[2]
        return not _is_type(returned.replace("struct{}", "").replace("interface{}", ""))
    before, paren, rest = header.rpartition(")")
    rest = rest.strip()
    named = _name_before(before + paren)
    suffix = not rest or rest.startswith((":", "->", "const", "noexcept", "override", "throws"))
    plain = "=" not in header.partition("(")[0]
    return bool(paren) and named and suffix and plain and (sure or len(words) > 1)


def _name_before(text: str) -> bool:
    """Say whether a name stands before the bracket that the last one of `text` closes."""
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        depth += (text[i] == ")") - (text[i] == "(")
        if depth == 0:
            before = text[:i].rstrip()
            last = (_words(before) or [""])[-1]
            return before[-1:] not in ("", "]") and last not in CONTROL and before.endswith(last)
    return False


def _is_body(text: str, header: str, *, sure: bool) -> bool:
    """Say whether what stands in braces is logic rather than nothing, a stub or a type."""
    if _is_stub(text):
        return False
    statement = any(
        word in DOES and text[at : at + 1] not in (":", "?") for word, at in _placed(text)
    )
    calls = ");" in text or ")." in text
    if not sure:
        return statement or calls or (";" in text and _assigns(text) and header[-2:] != "=>")
    evident = statement or calls or _assigns(text)
    if header.endswith("=>"):
        return evident
    return evident or any(word in FUNCTIONS for word in _words(header)) or "(" in text


def _placed(text: str) -> list[tuple[str, int]]:
    """Return the words of a text, each with the place where it ends."""
    found: list[tuple[str, int]] = []
    word = ""
    for i, letter in enumerate(text + " "):
        if letter.isalnum() or letter in "_$":
            word += letter
        elif word:
            found.append((word, i))
            word = ""
    return found


def _blanked(text: str, language: str) -> str:
    """Blank comments and what stands in strings, every line in its place."""
    line_marks = ("#",) if language == "python" else ("//", "#") if language == "php" else ("//",)
    parts: list[str] = []
    i = 0
    while i < len(text):
        end = i + 1
        if text.startswith(line_marks, i):
            end = (text + "\n").find("\n", i)
            parts.append(" " * (end - i))
        elif text.startswith("/*", i):
            end = text.find("*/", i) + 2
            end = len(text) if end < 2 else end
            parts.append("".join(c if c == "\n" else " " for c in text[i:end]))
        else:
            end = _string_end(text, i, language)
            inner = text[i + 1 : end - 1]
            blank = "".join(c if c == "\n" else " " for c in inner)
            parts.append(text[i] + blank + text[end - 1] if end > i + 1 else text[i])
        i = end
    return "".join(parts)


def _string_end(text: str, i: int, language: str) -> int:
    """Return where the string that opens at `i` ends, `i + 1` where none does."""
    quote = text[i]
    if quote not in "\"'`":
        return i + 1
    if quote == "'" and language in ("rust", "rs") and text[i + 2 : i + 3] != "'":
        return i + 1  # a lifetime
    j = i + 1
    while j < len(text) and text[j] != quote:
        if text[j] == "\n" and quote != "`":
            return i + 1
        j += 2 if text[j] == "\\" else 1
    return j + 1 if j < len(text) else i + 1
