"""What a git command would do: look, change version control, or what cannot be told.

Every verb has the flags with which it only looks; the rest of git is told apart by what it touches.
Which programs the repository's own configuration would start is the store's to look up.
"""

from __future__ import annotations

from .flags import read_words, where
from .words import Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .flags import Given
    from .words import Word

DIFF = (
    "-pswbRruzaWDBMCXlt? -UMSGOIXB? --stat? --shortstat --numstat --name-only --name-status "
    "--cached "
    "--staged --patch --no-patch --summary --word-diff? --word-diff-regex: --color-words? "
    "--no-color --color? --minimal --patience --histogram --raw --check --full-index "
    "--ignore-all-space --ignore-space-change --ignore-space-at-eol --ignore-blank-lines "
    "--ignore-cr-at-eol --no-renames --find-renames? --find-copies? --find-copies-harder "
    "--merge-base --exit-code --quiet --no-ext-diff --no-textconv --function-context "
    "--compact-summary --dirstat? --unified? --diff-filter: --inter-hunk-context: --abbrev? "
    "--no-index --text --binary --no-prefix --src-prefix: --dst-prefix: --submodule? "
    "--ignore-submodules? --relative? --no-relative --color-moved? --color-moved-ws: "
    "--diff-algorithm: --anchored: --patch-with-stat --patch-with-raw --cc --combined-all-paths "
    "--ws-error-highlight: --line-prefix: --stat-width: --stat-count: --stat-name-width: "
    "--find-object: --pickaxe-all --pickaxe-regex --no-indent-heuristic --indent-heuristic -1230 "
    "--base --ours --theirs --default-prefix --ita-invisible-in-index --rename-empty "
    "--break-rewrites?"
)
LOG = (
    DIFF + " number -mcgEiFqPL -nLS: --oneline --all --graph --decorate? --no-decorate --merges "
    "--no-merges --min-parents: --max-parents: --reverse --follow --first-parent --abbrev-commit "
    "--no-abbrev-commit --branches? --tags? --remotes? --topo-order --date-order "
    "--author-date-order --left-right --left-only --right-only --cherry-pick --cherry-mark "
    "--cherry --no-walk? --full-history --relative-date --pretty? --format: --since: --until: "
    "--after: --before: --author: --committer: --grep: --grep-reflog: --max-count: --skip: --date: "
    "--glob: --exclude: --walk-reflogs --dense --sparse --simplify-merges --simplify-by-decoration "
    "--ancestry-path? --boundary --parents --children --source --use-mailmap --no-mailmap "
    "--log-size "
    "--notes? --no-notes --show-notes? --encoding: --expand-tabs? --no-expand-tabs "
    "--extended-regexp --basic-regexp --fixed-strings --perl-regexp --regexp-ignore-case "
    "--invert-grep --all-match --diff-merges: --no-diff-merges --dd --decorate-refs: "
    "--decorate-refs-exclude: --clear-decorations --not --stdin --show-pulls --bisect "
    "--exclude-first-parent-only --no-commit-id --since-as-filter: --remove-empty --full-diff "
    "--merge --reflog --no-max-parents --no-min-parents --show-linear-break? --alternate-refs"
)
LIST = (
    "--sort: --format: --contains? --no-contains? --merged? --no-merged? --points-at: "
    "--ignore-case --color? --no-color --column? --no-column --abbrev: --no-abbrev"
)

# The verbs that only look, in the marks of `flags`.
READS = {
    "status": "-sbuzv? --short --branch --porcelain? --long --verbose --ignored? --show-stash "
    "--ahead-behind --no-ahead-behind --untracked-files? --ignore-submodules? --column? "
    "--no-column --renames --no-renames --find-renames? --null",
    "log": LOG,
    "show": LOG,
    "whatchanged": LOG,
    "reflog": "verb=show,exists " + LOG,
    "diff": DIFF,
    "diff-tree": DIFF + " -vctm --root --stdin --no-commit-id --pretty? --format: --cc --always",
    "diff-index": DIFF + " -m",
    "diff-files": DIFF + " -012q",
    "range-diff": DIFF + " number --creation-factor: --no-dual-color --left-only --right-only",
    "branch": "with=-l,--list,--contains,--no-contains,--merged,--no-merged,--points-at -avriql "
    "--all --list --remotes --verbose --show-current --quiet " + LIST,
    "tag": "with=-l,--list,--contains,--no-contains,--merged,--no-merged,--points-at -l -in? "
    "--list " + LIST,
    "remote": "verb=show,get-url -v --verbose --all --push -n",
    "stash": "verb=list,show " + LOG + " -u --include-untracked --only-untracked",
    "worktree": "verb=list -vz --porcelain --verbose",
    "notes": "verb=list,show,get-ref --ref:",
    "submodule": "verb=status --cached --recursive --quiet -q",
    "bisect": "verb=log,terms",
    "bundle": "verb=verify,list-heads -q --quiet",
    "config": "get -lz -f: --list --get --get-all --get-regexp --get-urlmatch --global --local "
    "--system --worktree --show-origin --show-scope --name-only --null --type: --bool --int "
    "--path --includes --no-includes --default: --file:",
    "lfs": "verb=ls-files,status,env,version -lsnd --long --size --name-only",
    "rev-parse": "-q --show-toplevel --show-prefix --show-cdup --abbrev-ref? --verify --short? "
    "--quiet --is-inside-work-tree --is-inside-git-dir --is-bare-repository "
    "--is-shallow-repository --git-dir --git-common-dir --absolute-git-dir --git-path: "
    "--show-superproject-working-tree --symbolic-full-name --symbolic --all --branches? --tags? "
    "--remotes? --path-format: --default: --revs-only --no-revs --flags --no-flags "
    "--show-object-format? --show-ref-format --local-env-vars --since: --until: --prefix: "
    "--disambiguate: --not --sq --glob: --exclude:",
    "ls-files": "-cdmoistuzvkfx -xX: --cached --deleted --modified --others --ignored --stage "
    "--unmerged --killed --exclude-standard --full-name --error-unmatch --exclude: "
    "--exclude-from: --exclude-per-directory: --directory --no-empty-directory --eol --debug "
    "--deduplicate --recurse-submodules --with-tree: --abbrev? --format: --sparse --resolve-undo",
    "ls-tree": "-drtlz --name-only --name-status --object-only --long --full-name --full-tree "
    "--abbrev? --format:",
    "ls-remote": "remote -htq --heads --branches --tags --refs --symref --quiet --exit-code "
    "--get-url --sort:",
    "blame": "-bcefklnpstwi -MC? -LS: --porcelain --line-porcelain --incremental --show-email "
    "--show-name --show-number --root --date: --abbrev: --ignore-rev: --ignore-revs-file: "
    "--color-lines --color-by-age --first-parent --reverse --since: --progress --no-progress "
    "--encoding: --minimal --contents:",
    "annotate": "-lte -L:",
    "describe": "--tags --all --always --long --dirty? --broken? --exact-match --contains "
    "--abbrev: --match: --exclude: --candidates: --first-parent --debug",
    "shortlog": "number -nsec -w? --summary --numbered --email --committer --group: --all "
    "--no-merges "
    "--merges --since: --until: --author: --grep: --format: --branches? --tags? --remotes? "
    "--first-parent --date: --after: --before: --max-count:",
    "cat-file": "-ptes --batch? --batch-check? --batch-all-objects --buffer --unordered "
    "--follow-symlinks --use-mailmap --batch-command? --allow-unknown-type "
    "needs=-p,-t,-e,-s,--batch,--batch-check",
    "merge-base": "-a --is-ancestor --all --octopus --fork-point --independent",
    "merge-tree": "most=3 least=3",
    "merge-file": "-pq -L: --stdout --ours --theirs --union --diff3 --quiet needs=-p,--stdout",
    "rev-list": LOG + " --count --objects --objects-edge --header --disk-usage? --in-commit-order "
    "--timestamp --use-bitmap-index --missing: --filter: --no-object-names --quiet --cherry-pick",
    "name-rev": "--tags --all --name-only --refs: --exclude: --always --no-undefined --stdin "
    "--annotate-stdin",
    "cherry": "-v --abbrev?",
    "count-objects": "-vH --verbose --human-readable",
    "grep": "number -nilcwvEFGPhHoqsIzarLWp -eABCmf: --line-number --ignore-case "
    "--files-with-matches --files-without-match --name-only --count --word-regexp --invert-match "
    "--cached --untracked --no-index --exclude-standard --no-exclude-standard --text "
    "--max-count: --context: --after-context: --before-context: --extended-regexp "
    "--basic-regexp --fixed-strings --perl-regexp --heading --break --show-function "
    "--function-context --column --color? --no-color --all-match --and --or --not --null "
    "--only-matching --quiet --recurse-submodules --full-name --max-depth: --threads: "
    "--recursive --no-recursive --parent-basename:",
    "check-attr": "-az --all --stdin --cached --source:",
    "check-ignore": "-vqnz --verbose --quiet --non-matching --stdin --no-index",
    "check-mailmap": "--stdin",
    "check-ref-format": "--branch --normalize --allow-onelevel --refspec-pattern",
    "show-ref": "-dqs? --head --heads --branches --tags --hash? --verify --abbrev? --dereference "
    "--quiet --exists",
    "show-branch": "-arg? --all --remotes --list --current --topo-order --date-order --sha1-name "
    "--no-name --topics --reflog? --more: --independent --merge-base --sparse --color? --no-color",
    "show-index": "",
    "for-each-ref": "-spt --count: --shell --perl --python --tcl --stdin --exclude: --omit-empty "
    "--start-after: " + LIST,
    "symbolic-ref": "most=1 -q --short --quiet --recurse --no-recurse",
    "hash-object": "-t: --stdin --stdin-paths --path: --no-filters --literally",
    "verify-pack": "-vs --verbose --stat-only",
    "fsck": "-v --full --strict --no-dangling --unreachable --dangling --tags --root --cache "
    "--no-reflogs --connectivity-only --no-progress --progress --verbose --name-objects "
    "--no-full",
    "var": "-l",
    "version": "--build-options",
    "help": "-agc --all --guides --config --no-verbose --no-aliases most=0",
    "archive": "-lv --format: --prefix: --list --verbose --worktree-attributes --mtime: "
    "-0123456789",
    "format-patch": LOG + " --stdout -k --keep-subject --no-stat --zero-commit --no-signature "
    "--signature: --subject-prefix: --no-numbered --numbered --root needs=--stdout",
    "apply": "-vR -pC: --stat --check --numstat --summary --verbose --reverse --include: "
    "--exclude: "
    "--directory: --unidiff-zero --ignore-whitespace --ignore-space-change --whitespace: -z "
    "--cached "
    "--index --recount --inaccurate-eof needs=--stat,--check,--numstat,--summary",
    "interpret-trailers": "--parse --only-trailers --only-input --unfold --no-divider --trim-empty "
    "--trailer: --where: --if-exists: --if-missing:",
    "stripspace": "-sc --strip-comments --comment-lines",
    "column": "--mode? --width: --indent: --nl: --padding: --command: --raw-mode:",
    "patch-id": "--stable --unstable --verbatim",
    "get-tar-commit-id": "",
    "add": "-nvAuf --dry-run --verbose --all --update --force --ignore-missing --ignore-errors "
    "needs=-n,--dry-run",
    "rm": "-nrqf --dry-run --cached --quiet --force --ignore-unmatch needs=-n,--dry-run",
    "mv": "-nkvf --dry-run --verbose --force needs=-n,--dry-run",
    "clean": "-ndxXfq -e: --dry-run --exclude: --force --quiet needs=-n,--dry-run",
    "prune": "-nv --dry-run --verbose --expire: needs=-n,--dry-run",
    "rerere": "verb=status,diff,remaining",
    "sparse-checkout": "verb=list,check-rules",
}

# The verbs that change the repository and leave the files of the tree alone.
CHANGES = {
    "commit": "-amFcCstSuqvepoz? -mFcCtu: --all --message: --file: --amend --no-edit --edit "
    "--signoff --no-signoff --quiet --verbose --allow-empty --allow-empty-message --author: "
    "--date: --trailer: --fixup: --squash: --reuse-message: --reedit-message: --only --include "
    "--cleanup: --no-gpg-sign --gpg-sign? --no-post-rewrite --status --no-status --short "
    "--pathspec-from-file: --reset-author --template:",
    "add": "-AufvN --all --update --force --verbose --intent-to-add --no-all --ignore-removal "
    "--ignore-errors --pathspec-from-file: --renormalize --chmod: --sparse --refresh",
    "tag": "-asdfmFu? -mFu: --annotate --sign --delete --force --message: --file: --cleanup: "
    "--local-user: --create-reflog --no-sign",
    "push": "-uvqn4 -o: --set-upstream --tags --follow-tags --all --branches --verbose --quiet "
    "--dry-run --porcelain --progress --no-progress --atomic --push-option: --no-thin --signed? "
    "--recurse-submodules: --ipv4 --ipv6 --verify",
    "branch": "-dDmMcCfuqtv? -u: --delete --move --copy --force --set-upstream-to: "
    "--unset-upstream --track? --no-track --quiet --edit-description --create-reflog",
    "notes": "verb=add,append,copy,remove -mFCcf? -mFCc: --message: --file: --force --ref:",
    "fetch": "-apPqtvnkj46? -j: --all --prune --tags --no-tags --depth: --unshallow --quiet "
    "--verbose --dry-run --keep --multiple --prune-tags --jobs: --recurse-submodules? "
    "--progress --no-progress --deepen: --shallow-since: --refetch --append --atomic",
    "reset": "-q --quiet --soft --mixed",
}
# Verbs of which the second word may be left out, and what that word may then not be.
SECOND_VERBS = {
    "reflog": ("expire", "delete", "drop", "write"),
    "remote": (
        "add", "rename", "rm", "remove", "set-head", "set-branches", "set-url", "prune", "update",
    ),
}  # fmt: skip
# Settings that `git -c` may give: they change how something looks.
LOOKS = (
    "color.", "column.", "advice.", "log.date=", "log.decorate=", "log.abbrevCommit=",
    "core.quotepath=", "core.quotePath=", "core.abbrev=", "diff.renames=", "diff.noprefix=",
    "diff.mnemonicPrefix=", "status.", "grep.lineNumber=", "i18n.", "diff.context=",
    "diff.algorithm=", "blame.", "safe.directory=", "core.optionalLocks=", "diff.colorMoved=",
)  # fmt: skip
PAGERS = ("", "cat", "less", "false")


def read_git(words: list[Word], cwd: str) -> tuple[str, str, str]:
    """Return what a git command does (`read` or `vcs`), its verb, and the folder it starts in."""
    rest = list(words[1:])
    while rest and rest[0]["text"].startswith("-"):
        flag = rest.pop(0)
        if not flag["known"] or flag["loose"]:
            raise Unread("`git` with a word that may become a flag: " + where(flag))
        if flag["text"] in ("--version", "-v", "--exec-path", "--man-path") or (
            flag["text"] in ("--help", "-h") and not rest
        ):
            return "read", "version", cwd
        cwd = _global(flag["text"], rest, cwd)
    if not rest:
        return "read", "help", cwd
    name = rest[0]["text"]
    if not rest[0]["known"] or (name not in READS and name not in CHANGES):
        raise Unread("`git " + name + "` is not known to only look")
    if cwd == "?":
        raise Unread("`git` in a folder that the text does not tell")
    return _looks_or_changes(name, rest[1:]), name, cwd


def _looks_or_changes(name: str, words: list[Word]) -> str:
    reason = "`git " + name + "` in this form is not read here"
    if name in READS:
        try:
            _read(name, words, READS[name])
        except Unread as unread:
            reason = str(unread)
        else:
            return "read"
    if name not in CHANGES:
        raise Unread(reason)
    try:
        read_words("git " + name, _after_verb(name, words, CHANGES[name]), CHANGES[name])
    except Unread:
        raise Unread(reason) from None
    if name in ("push", "fetch"):
        _no_address(name, words)
    return "vcs"


def _global(flag: str, rest: list[Word], cwd: str) -> str:
    """Read one flag that stands before the verb; return the folder git works in after it."""
    if flag in ("--no-pager", "-P", "--no-optional-locks", "--literal-pathspecs",
                "--icase-pathspecs", "--no-replace-objects", "--glob-pathspecs",
                "--noglob-pathspecs", "--no-advice"):  # fmt: skip
        return cwd
    if flag == "-C" and rest and rest[0]["known"] and not rest[0]["loose"]:
        target = rest.pop(0)["text"]
        if target.startswith("~") or cwd == "?":
            return "?"
        return target if target.startswith("/") else cwd + "/" + target
    if flag == "-c" and rest and rest[0]["known"]:
        setting = rest.pop(0)["text"]
        key, _, value = setting.partition("=")
        pages = key == "core.pager" or key.startswith("pager.")
        if setting.startswith(LOOKS) or (pages and value in PAGERS):
            return cwd
        raise Unread("`git -c " + setting.partition("=")[0] + "` may start a program")
    raise Unread("`git " + flag + "` is not known to only look")


def _after_verb(name: str, words: list[Word], usage: str) -> list[Word]:
    """Take off the second verb (`git stash list`), which must be one of those that are read."""
    verbs = next((mark[5:] for mark in usage.split() if mark.startswith("verb=")), "")
    if not verbs or not words:
        return words
    first = words[0]
    if first["text"] in verbs.split(",") and first["known"]:
        return words[1:]
    others = SECOND_VERBS.get(name)
    if others and not any(word["text"] in others or not word["known"] for word in words):
        return words
    raise Unread("`git " + name + " " + first["text"] + "` is not known to only look")


def _read(name: str, words: list[Word], usage: str) -> None:
    plain = " ".join(mark for mark in usage.split() if not mark.startswith("verb="))
    if name == "stash" and not words:
        raise Unread("`git stash` changes files")
    if name in ("notes", "bundle", "sparse-checkout", "rerere", "lfs", "bisect") and not words:
        raise Unread("`git " + name + "` is not known to only look")
    if name == "cat-file" and words and words[0]["text"] in ("blob", "commit", "tree", "tag"):
        plain = "most=2"
    given = read_words("git " + name, _after_verb(name, words, usage), plain)
    texts = [word["text"] for word in words]
    if any("%G" in text or "%(signature" in text for text in texts):
        raise Unread("`%G` starts the program that checks signatures")
    if name in ("config", "remote", "ls-remote") and any(w["several"] for w in given["operands"]):
        raise Unread("`git " + name + "` with a word that may become several")
    if name == "config":
        _config(given)
    shows = any(text in ("show", "get-url") for text in texts[:2])
    if name == "remote" and given["operands"] and not shows:
        raise Unread("`git remote " + given["operands"][0]["text"] + "` changes the remotes")
    if name in ("ls-remote", "remote"):
        _remote(name, given)
    if name == "branch" and any(text in ("-m", "-d", "-D", "-c") for text in texts):
        raise Unread("`git branch` in this form is not read here")


def _config(given: Given) -> None:
    """One operand asks for a setting; a second one would set it."""
    asks = ("--get", "--get-all", "--get-regexp", "--get-urlmatch")
    operands = given["operands"]
    if operands and operands[0]["text"] in ("list", "get"):
        operands = operands[1:]
        if len(operands) <= 1:
            return
    if any(flag in asks for flag in given["flags"]):
        return
    lists = any(flag in ("-l", "--list") for flag in given["flags"])
    verbs = ("set", "unset", "edit", "rename-section", "remove-section")
    if len(operands) > (0 if lists else 1) or any(w["text"] in verbs for w in operands):
        raise Unread("`git config` with a value would set it")
    if not lists and not operands:
        raise Unread("`git config` in this form is not read here")


def _remote(name: str, given: Given) -> None:
    """Only remotes that have a name: an address may carry a program (`ext::`)."""
    for word in given["operands"][:1]:
        text = word["text"]
        plain = text.replace("-", "a").replace("_", "a").replace(".", "a").isalnum()
        if not word["known"] or not plain:
            raise Unread("`git " + name + "` of an address is not read here")


def _no_address(name: str, words: list[Word]) -> None:
    """Read only named remotes, and refs that are neither forced nor taken away."""
    operands = [word for word in words if not word["text"].startswith("-")]
    for n, word in enumerate(operands):
        text = word["text"]
        odd = not n and any(mark in text for mark in ":/\\~")
        if not word["known"] or text.startswith(("+", ":")) or odd:
            raise Unread("`git " + name + " " + text + "` is not read here")
