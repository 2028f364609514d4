"""Words by which a command would go round the project's own gates.

Skipped hooks, forced pushes, history rewritten that others have already.
These look at the text alone, in every stage of every run; a command that is read as looking is
never asked.
"""

from __future__ import annotations

from .tripwires import INTERPRETERS, with_values, without_prose

GIT = ("git", "git.exe")
MOST = 20  # how often one command may name git, and be looked at from there on
# verbs of git that take `--no-verify`, and those for which `-n` means it
HOOKED = ("commit", "merge", "push", "rebase", "am", "cherry-pick", "revert")
SHORT_NO_VERIFY = ("commit", "am")
VALUED = {"commit": "mFcCtSu", "am": "pC", "push": "o"}
PROTECTED = ("main", "master", "trunk", "develop", "production", "stable")
REWRITING = ("filter-branch", "filter-repo", "replace", "fast-import")
SKIPPING = (
    "HUSKY=0", "HUSKY_SKIP_HOOKS=", "SKIP=", "PRE_COMMIT_ALLOW_NO_CONFIG=", "LEFTHOOK=0",
    "LEFTHOOK=false", "LEFTHOOK_EXCLUDE=", "OVERCOMMIT_DISABLE=", "SKIP_SIMPLE_GIT_HOOKS=", "HK=0",
    "PREK_SKIP=", "GIT_CONFIG_KEY_", "GIT_CONFIG_PARAMETERS=",
)  # fmt: skip


def asked(text: str) -> tuple[str, str]:
    """Return how a command goes round a gate (a key of BYPASSES) and by which words, else ""."""
    plain = _without_documents(text).replace("\\\n", "").replace("\\", "")
    if "git" not in plain.replace("'", "").replace('"', ""):
        return "", ""
    for reading in _readings(_expanded(plain)):
        lines = reading.replace("$", " ").replace(",", " ")
        for mark in ";&|()`{}":
            lines = lines.replace(mark, "\n")
        skipped = ""
        parts = [line.split() for line in lines.split("\n")]
        echoed = [word for words in parts for word in _echoed(words)][:MOST]
        for words in parts:
            skipped = skipped or next((w for w in words if _skips(w)), "")
            fed = echoed if "xargs" in words else []  # what it is given may have been echoed
            found = _in([*words, *fed], skipped)
            if found[0]:
                return found
    return "", ""


def _without_documents(text: str) -> str:
    """Take out what `cat <<'EOF'` is given: a text, as in most commit messages, and no command."""
    parts = text.split("cat <<")
    kept = [parts[0]]
    for part in parts[1:]:
        first, _, body = part.partition("\n")
        words = first.lstrip("-").replace("'", "").replace('"', "").split()
        end = words[0] if words else ""
        lines = body.split("\n")
        stop = next((n for n, line in enumerate(lines) if line.strip() == end), len(lines))
        fed = "|" in first and any(_interprets(word) for word in words)
        kept.append(first + "\n" + "\n".join(lines[0 if fed else stop + 1 :]))
    return "cat <<".join(kept)


def _echoed(words: list[str]) -> list[str]:
    return [w for w in words if w[:1] in ("-", "+")] if words[:1] in (["echo"], ["printf"]) else []


def _expanded(text: str) -> str:
    """Put in what the text itself says: `$g` where it has `g=git`, and `-n -q` for `-{n,q}`."""
    text = with_values(text, ("git", "-", "+"))
    first, *parts = text.split("-{")
    for part in parts:
        inner, closed, rest = part.partition("}")
        first += "-" + inner.replace(",", " -") + rest if closed else "-{" + part
    return first


def _readings(plain: str) -> list[str]:
    """Return the text as a shell takes it, and as an interpreter in it would."""
    words = plain.replace("'", " ").replace('"', " ").split()
    interpreted = any(_interprets(word) for word in words)
    interpreted = interpreted or "alias." in plain or "$(" in plain or "`" in plain
    inner = plain
    for mark in "'\"[]":
        inner = inner.replace(mark, " ")
    return [without_prose(plain), inner] if interpreted else [without_prose(plain)]


def _interprets(word: str) -> bool:
    return word.lstrip("|").rpartition("/")[2].rstrip("0123456789.") in INTERPRETERS


def _skips(word: str) -> bool:
    return word.startswith(SKIPPING) and word not in ("SKIP=", "LEFTHOOK_EXCLUDE=", "PREK_SKIP=")


def _in(words: list[str], skipped: str) -> tuple[str, str]:
    names = [n for n, w in enumerate(words) if w.lstrip("!").rpartition("/")[2] in GIT]
    for n in names[:MOST]:
        verb, given, settings = _verb(words[n + 1 :])
        found = _of_git(verb, given, settings)
        if not found[0] and skipped and verb in HOOKED:
            found = "skipped-hooks", skipped
        if found[0]:
            return found
    return "", ""


def _verb(words: list[str]) -> tuple[str, list[str], list[str]]:
    """Take git's words apart: the verb, what follows it, and the settings given before it."""
    settings: list[str] = []
    i = 0
    while i < len(words) and words[i].startswith("-"):
        valued = words[i] in ("-C", "-c", "--git-dir", "--work-tree", "--config-env", "--namespace")
        settings += words[i : i + 2] if valued else [words[i]]
        i += 2 if valued else 1
    return (words[i] if i < len(words) else ""), words[i + 1 :], settings


def _of_git(verb: str, given: list[str], settings: list[str]) -> tuple[str, str]:
    asks = [word for word in given if not word.startswith("-") and word not in ("get", "set")]
    named = [*settings, *(given if verb == "config" else [])]
    hooks = next((word for word in named if "core.hookspath" in word.lower()), "")
    if hooks and (verb != "config" or len(asks) > 1):
        return "skipped-hooks", hooks
    forced = next((s for s in settings if ".mirror=" in s.lower() or ".push=+" in s.lower()), "")
    if forced and verb == "push":
        return "forced-push", forced
    for word in given:
        if word == "--":
            break
        if verb in HOOKED and len(word) >= 6 and "--no-verify".startswith(word):
            return "skipped-hooks", "git " + verb + " " + word
        if verb in SHORT_NO_VERIFY and _has("n", word, VALUED[verb]):
            return "skipped-hooks", "git " + verb + " " + word
    if verb == "push":
        return _push(given)
    ends = any(word in ("--abort", "--quit", "--show-current-patch") for word in given)
    rewrites = verb in REWRITING or (verb == "rebase" and not ends)
    rewrites = rewrites or (verb == "commit" and any("--amend".startswith(w) for w in _long(given)))
    rewrites = rewrites or (verb == "reset" and any(_is_revision(w) for w in given))
    return ("rewritten-history", "git " + verb) if rewrites else ("", "")


def _long(words: list[str]) -> list[str]:
    return [word for word in words if word.startswith("--") and len(word) > 4]


def _is_revision(word: str) -> bool:
    commit = len(word) >= 7 and all(letter in "0123456789abcdef" for letter in word)
    return not word.startswith("-") and (commit or any(mark in word for mark in "~^@"))


def _push(given: list[str]) -> tuple[str, str]:
    deletes = False
    for word in given:
        forced = word.startswith(("--force", "+")) or _has("f", word, VALUED["push"])
        short = len(word) >= 4 and ("--force".startswith(word) or "--mirror".startswith(word))
        if forced or short or (len(word) >= 5 and "--prune".startswith(word)):
            return "forced-push", "git push " + word
        deletes = deletes or ("--delete".startswith(word) and len(word) > 4)
        deletes = deletes or _has("d", word, VALUED["push"])
    for word in given:
        branch = word.lstrip(":").rpartition("refs/heads/")[2]
        away = deletes or (word.startswith(":") and len(word) > 1)
        if away and branch in PROTECTED:
            return "forced-push", "git push " + word
    return "", ""


def _has(letter: str, word: str, valued: str) -> bool:
    """Say whether a bundle of short flags holds a letter, before one that takes the rest."""
    if not word.startswith("-") or word.startswith("--"):
        return False
    for one in word[1:]:
        if one == letter:
            return True
        if one in valued:
            return False
    return False
