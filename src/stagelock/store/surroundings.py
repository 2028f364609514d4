"""What a command that only looks would meet on this disk: whose programs, whose repository.

The text of a command says `ls` and `git status`. Which file `ls` is, and which programs the
repository's own configuration has git start, only the disk can tell.
"""

from __future__ import annotations

import posix

from . import files, places

# Where a program may be put by anyone who may write in the tree, or for it.
MADE_FOR_PROJECTS = ("/node_modules/.bin", "/vendor/bin")
TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108  # named to be distrusted
LONGEST_CONFIG = 1 << 20
NESTED = 3
ODD = ("-", "'", '"')  # what no name of a branch or tag may start with here

# Settings by which git starts a program, by section and key; `*` stands for a subsection.
STARTS = (
    "core.fsmonitor", "core.sshcommand", "core.gitproxy", "core.askpass", "core.hookspath",
    "core.alternaterefscommand", "diff.external", "diff.*.command",
    "diff.*.textconv", "filter.*.clean", "filter.*.smudge", "filter.*.process", "gpg.program",
    "gpg.*.program", "gpg.*.defaultkeycommand", "remote.*.uploadpack", "remote.*.receivepack",
    "remote.*.vcs", "url.*.insteadof", "include.path", "includeif.*.path",
    "tar.*.command", "trailer.*.command", "trailer.*.cmd", "man.*.cmd",
    "uploadpack.packobjectshook", "log.showsignature",
    "merge.*.driver", "alias.lfs", "submodule.*.update", "credential.helper", "credential.*.helper",
)  # fmt: skip
# Values under which those settings start nothing, or what is known to only look.
TAME = (
    "", "true", "false", "yes", "no", "on", "off", "0", "1", "cat", "less", "checkout", "rebase",
    "merge", "none", "git-lfs clean -- %f", "git-lfs smudge -- %f", "git-lfs filter-process",
    "store", "cache", "osxkeychain", "manager", "libsecret",
)  # fmt: skip


def doubt(programs: list[str], repositories: list[str], tree: str, cwd: str, *, names: bool) -> str:
    """Say why a command that reads well may still do more than look here, "" where it does not.

    `programs` are names without a folder, `repositories` folders as seen from `cwd`; `names` says
    whether the command goes on with names that git prints.
    """
    for name in programs:
        found = _planted(name, tree)
        if found:
            return "`" + name + "` is `" + found + "` here, which the project could have put there"
    for folder in repositories:
        at = _below_top(cwd, folder) if folder.startswith("?top") else folder
        found = _starts(at if at.startswith("/") else cwd + "/" + at, tree, names=names)
        if found:
            return "git would start what the repository sets: " + found
    return ""


def launcher_is_ours(tree: str) -> bool:
    """Say whether the `stagelock` that a shell would find first is this plugin's own.

    The client puts a plugin's `bin` last on PATH (2.1.197, 2.1.329), so any other comes before it.
    """
    own = _own_launcher()
    for folder in _search_path():
        path = folder + "/stagelock"
        if files.exists(path):
            try:
                return places.real(path, tree) == own
            except ValueError:
                return False
    return True


def _own_launcher() -> str:
    root = posix.environ.get(b"CLAUDE_PLUGIN_ROOT", b"").decode("utf-8", "surrogateescape")
    if not root:
        root = __file__.rpartition("/src/stagelock/")[0]
    try:
        return places.real(root + "/bin/stagelock", "/")
    except ValueError:
        return ""


def _search_path() -> list[str]:
    return posix.environ.get(b"PATH", b"").decode("utf-8", "surrogateescape").split(":")


# --- programs ------------------------------------------------------------------------------------


def _planted(name: str, tree: str) -> str:
    """Return the file that `name` is, if it lies where a project could have put it."""
    if "/" in name:
        return name
    for folder in _search_path():
        path = (folder or ".") + "/" + name
        if not folder.startswith("/"):
            path = tree + "/" + path
        if not files.exists(path):
            continue
        if not _is_projects(path.rpartition("/")[0], tree):
            return ""
        try:
            leads = places.real(path, tree)
        except ValueError:
            return path
        return path if _is_projects(leads.rpartition("/")[0], tree) else ""
    return ""


def _is_projects(folder: str, tree: str) -> bool:
    try:
        folder = places.real(folder, tree)
    except ValueError:
        return True
    return (
        (folder + "/").startswith((tree + "/", *TEMPORARY))
        or folder.endswith(MADE_FOR_PROJECTS)
        or files.exists(folder.rpartition("/")[0] + "/pyvenv.cfg")
    )


# --- repositories --------------------------------------------------------------------------------


def _starts(folder: str, tree: str, *, names: bool) -> str:
    """Return what git started in `folder` would start itself, as the repository says."""
    try:
        git = _repository(places.real(folder, "/"))
        if not git:
            return ""
        found = (
            _of_repository(git) or _of_person(tree) or (_odd_name(_common(git)) if names else "")
        )
        for inner in _submodules(git, _top_of(places.real(folder, "/"), git)):
            found = found or _of_repository(inner)
    except (OSError, ValueError) as error:
        return "it cannot be read (" + str(error) + ")"
    return found


def _below_top(cwd: str, folder: str) -> str:
    from .repository.git import top  # loaded where it is asked

    return top(cwd) + folder[4:]


def _of_repository(git: str) -> str:
    common = _common(git)
    for path in (common + "/config", git + "/config.worktree"):
        found = _in_config(path)
        if found:
            return found
    # run whenever the index is written, and looking may refresh it
    hook = common + "/hooks/post-index-change"
    return "hooks/post-index-change" if files.exists(hook) else ""


def _odd_name(common: str) -> str:
    """Return a branch or tag whose name would be a flag: git refuses to make one, mostly.

    The reader takes what git prints of names for words that are no flags.
    """
    for under_way in ("rebase-merge", "rebase-apply", "BISECT_LOG"):
        if files.exists(common + "/" + under_way):
            return "a rebase under way, of which `git branch` speaks in words of its own"
    for kind in ("heads", "tags", "remotes", ""):
        try:
            names = posix.listdir(common + "/refs/" + kind)
        except OSError:
            names = []
        odd = next((name for name in names if name[:1] in ODD), "")
        if odd:
            return "the ref `" + kind + "/" + odd + "`"
    try:
        packed = files.slurp(common + "/packed-refs")
    except OSError:
        return ""
    for folder in (b"heads/", b"tags/", b"remotes/", b""):
        for mark in ODD:
            if b" refs/" + folder + mark.encode() in packed:
                return "a packed ref that starts with `" + mark + "`"
    return ""


def _repository(folder: str) -> str:
    """Return the git folder that git would find from `folder`, "" where there is none."""
    named = posix.environ.get(b"GIT_DIR")
    if named:
        return places.real(named.decode("utf-8", "surrogateescape"), folder)
    while folder:
        if files.exists(folder + "/.git"):
            return _git_folder(folder)
        if all(files.exists(folder + "/" + part) for part in ("HEAD", "objects", "refs")):
            return folder  # bare
        folder = folder.rpartition("/")[0]
    return ""


def _git_folder(folder: str) -> str:
    git = folder + "/.git"
    try:
        text = files.slurp(git).decode("utf-8", "surrogateescape")
    except IsADirectoryError:
        return git
    return places.real(text.partition("gitdir:")[2].strip(), folder)


def _common(git: str) -> str:
    try:
        text = files.slurp(git + "/commondir").decode("utf-8", "surrogateescape").strip()
    except OSError:
        return git
    return places.real(text, git)


def _top_of(folder: str, git: str) -> str:
    """Return the folder whose files the repository holds."""
    while folder and not files.exists(folder + "/.git"):
        folder = folder.rpartition("/")[0]
    return folder or git.rpartition("/")[0]


def _submodules(git: str, top: str, depth: int = 0) -> list[str]:
    """Return the git folders of repositories inside this one, which git looks into as well.

    The index marks them: mode 160000, then 34 bytes, then the path. An index that is not laid out
    so (version 4, SHA-256, split in two) raises ValueError, as does a nest of them.
    """
    try:
        index = files.slurp(git + "/index")
    except OSError:
        return []
    if b"link\x00\x00\x00" in index:
        raise ValueError("an index that is split in two")
    found: list[str] = []
    i = index.find(b"\x00\x00\xe0\x00")
    while i >= 0:
        if index[4:8] not in (b"\x00\x00\x00\x02", b"\x00\x00\x00\x03"):
            raise ValueError("an index of another version, with repositories inside")
        start = i + 38
        path = index[start : index.find(b"\x00", start)].decode("utf-8", "surrogateescape")
        if path and files.exists(top + "/" + path + "/.git"):
            if depth > NESTED:
                raise ValueError("repositories in repositories in repositories")
            inner = _git_folder(top + "/" + path)
            found += [inner, *_submodules(inner, top + "/" + path, depth + 1)]
        i = index.find(b"\x00\x00\xe0\x00", i + 1)
    return found


def _in_config(path: str) -> str:
    """Return the first setting of a git configuration by which a program would start."""
    try:
        text = files.slurp(path)
    except FileNotFoundError:
        return ""
    if len(text) > LONGEST_CONFIG:
        return "its configuration is too long to read"
    for key, value, detail in _settings(text.decode("utf-8", "surrogateescape")):
        plain = value.strip().strip('"').lower()
        leads = key.endswith(".path") or key == "core.hookspath"  # a file or folder, whatever it is
        starts = key in STARTS and (bool(plain) if leads else plain not in TAME)
        shows = key == "log.showsignature" and plain in ("true", "yes", "on", "1")
        # an address may carry a program: `ext::sh -c ...`
        addressed = "remote" in key or key.startswith("url.")
        if starts or shows or (addressed and "::" in value + detail):
            return "`" + key + "`"
    return ""


def _of_person(tree: str) -> str:
    """Return a program of the person's own configuration that the project could have put there.

    What people set for themselves is theirs, unless it leads into the tree.
    """
    home = posix.environ.get(b"HOME", b"").decode("utf-8", "surrogateescape")
    above = posix.environ.get(b"XDG_CONFIG_HOME", b"").decode("utf-8", "surrogateescape")
    for path in (home + "/.gitconfig", (above or home + "/.config") + "/git/config"):
        try:
            text = files.slurp(path, LONGEST_CONFIG).decode("utf-8", "surrogateescape")
        except (OSError, ValueError):
            continue
        for key, value, _ in _settings(text):
            first = value.strip().strip('"').partition(" ")[0]
            if key in STARTS and "/" in first:
                leads = places.real(home + first[1:] if first[:2] == "~/" else first, tree)
                if _is_projects(leads.rpartition("/")[0], tree):
                    return "`" + key + "` in " + path
    return ""


def _settings(text: str) -> list[tuple[str, str, str]]:
    """Return each setting: its key with `*` for a subsection, its value, and that subsection."""
    found: list[tuple[str, str, str]] = []
    section = detail = ""
    lines = text.lstrip("\ufeff").split("\n")
    # whether a backslash joins two lines depends on comments and quotes: both ways are looked at
    joined = text.replace("\\\n", " ").split("\n")
    for line in [*lines, *(joined if len(joined) < len(lines) else [])]:
        rest = line.strip()
        if rest.startswith("["):
            section, detail, rest = _section(rest)
        key, mark, value = rest.partition("=")
        found.append((section + "." + key.strip().lower(), value if mark else "true", detail))
    return found


def _section(line: str) -> tuple[str, str, str]:
    """Take the head of a section apart: its name with `*` for a subsection, that, and the rest."""
    head = line[1:]
    quote = head.find('"')
    end = head.find("]")
    if 0 <= quote < end or end < 0:
        close = quote + 1
        while close < len(head) and head[close] != '"':
            close += 2 if head[close] == "\\" else 1
        end = head.find("]", close)
    name, _, detail = head[: end if end >= 0 else len(head)].partition('"')
    name, dot, dotted = name.strip().lower().partition(".")
    below = bool(detail) or bool(dot) or '"' in head[: max(end, 0)]
    return name.strip() + (".*" if below else ""), detail + dotted, head[end + 1 :].strip()
