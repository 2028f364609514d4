"""The read-only box: nothing outside changes, and what only looks works as ever."""

import functools
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from stagelock.store import box
from stagelock.store.box import filters
from tests.support.boxed import STAGELOCK, Boxed, changes
from tests.support.world import ROOT

CASES = yaml.safe_load((ROOT / "tests/cases/box.yaml").read_text())
SHELL = yaml.safe_load((ROOT / "tests/cases/shell.yaml").read_text())
BACKENDS = [*box.BACKENDS, "landlock of 5.13"]
AT_ONCE = 8


@functools.cache
def _works(backend: str) -> bool:
    if backend == "landlock of 5.13":
        return _works("landlock")
    done = subprocess.run(
        [STAGELOCK, "ro", "--by", backend, "--", "exit 42"], capture_output=True, check=False
    )
    return done.returncode == 42


anywhere = pytest.mark.skipif(
    not any(_works(backend) for backend in box.BACKENDS), reason="no box works here"
)


@pytest.fixture(scope="module", params=BACKENDS)
def by(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each back end that works here."""
    if not _works(request.param):
        pytest.skip(f"no {request.param} here")
    return request.param


@pytest.fixture
def boxed(tmp_path: Path) -> Boxed:
    """A machine of its own, empty."""
    return Boxed(tmp_path / "machine")


def line(by: str, command: str, *options: str) -> list[str]:
    """Return the command line for one back end."""
    if by in box.BACKENDS:
        return [STAGELOCK, "ro", "--by", by, *options, "--", command]
    # the same as the oldest kernel with Landlock would have it
    start = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from stagelock.store.box.supervise import main; main(sys.argv[2:])"
    )
    private = re.search("private='(.*?)'", Path(box.LAUNCH).read_text(), re.DOTALL)
    assert private
    words = [
        "landlock",
        *private[1].split(),
        "PYTHONPYCACHEPREFIX=/pycache",
        "--landlock",
        "1",
        *options,
        "--",
        "/bin/bash",
        command,
    ]
    return [sys.executable, "-I", "-S", "-c", start, str(ROOT / "src"), *words]


def entries(folder: str | Path) -> set[str]:
    """Return the names in a folder."""
    return {path.name for path in Path(folder).iterdir()}


def private_folders() -> set[str]:
    """Return the private folders of the boxes that now run on this machine."""
    return {name for name in entries("/tmp") if name.startswith("stagelock-ro")}


def stay(names: set[str]) -> set[str]:
    """Return which of these do not go away in a moment: other boxes on this machine do, too."""
    for _ in range(200):
        if not names & private_folders():
            break
        time.sleep(0.05)
    return names & private_folders()


def soon(look: Callable[[], list[int]]) -> list[int]:
    """Return what is still seen after a moment: ending a process takes a little."""
    for _ in range(200):
        if not look():
            break
        time.sleep(0.05)
    return look()


# --- nothing outside changes ------------------------------------------------------------------


def _read_by_nobody() -> list[str]:
    """What the reader of shell text calls opaque, a write or a run of the project's code."""
    named = [command for command, _ in [*SHELL["opaque"], *SHELL["writes"]]]
    return [text for text in (*named, *SHELL["run"]) if text.strip() and "\0" not in text]


def test_no_unsafe_command_changes_anything_outside(tmp_path: Path, by: str) -> None:
    """All at once on one machine, which must stay as it is; a set-up gets a machine of its own."""
    shared = Boxed(tmp_path / "shared").fill()
    machines = [shared]
    runs = [(shared, text, False) for text in _read_by_nobody() if by in box.BACKENDS]
    for n, (command, *rest) in enumerate(CASES["unsafe"]):
        machine = shared
        if rest:
            machine = Boxed(tmp_path / str(n)).fill()
            machines.append(machine)
            machine.run(["/bin/bash", "-c", machine.here(rest[0])])
        runs.append((machine, machine.here(command), "tty" in rest))
    before = [machine.state() for machine in machines]
    temporary = private_folders()

    def one(run: tuple[Boxed, str, bool]) -> None:
        machine, command, at_terminal = run
        (machine.at_terminal if at_terminal else machine.try_out)(line(by, command), 2)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, runs))
    for machine, was in zip(machines, before, strict=True):
        assert changes(was, machine.state()) == []
        assert soon(machine.left_running) == []
    assert stay(private_folders() - temporary) == set()


@pytest.mark.skipif(not _works("bubblewrap"), reason="no bubblewrap here")
def test_without_the_box_most_of_them_do_change_something(tmp_path: Path) -> None:
    """The control: the same commands, confined to the throw-away machine but free to change it."""
    model = Boxed(tmp_path / "model").fill()

    def one(numbered: tuple[int, list[str]]) -> bool:
        n, (command, *rest) = numbered
        machine = Boxed(tmp_path / str(n))
        shutil.copytree(model.base, machine.base, dirs_exist_ok=True, symlinks=True)
        machine.run(["/bin/bash", "-c", machine.here(rest[0] if rest else "")])
        before = machine.state()
        machine.try_out([
            "bwrap", "--ro-bind", "/", "/", "--bind", str(machine.base), str(machine.base),
            "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--cap-drop", "ALL",
            "--die-with-parent", "--new-session",
            "/bin/bash", "-c", machine.here(command),
        ])  # fmt: skip
        return bool(changes(before, machine.state()))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        acted = list(pool.map(one, enumerate(CASES["unsafe"][::3])))
    assert sum(acted) > len(acted) * 0.5  # the rest want programs or a network that are not here


class Outside:
    """What a command in the box should not reach: a process, servers, sockets, a terminal."""

    def __init__(self, machine: Boxed) -> None:
        self.machine = machine
        self.heard: list[bytes] = []
        self.sleeper = subprocess.Popen(["sleep", "600"], env={"SECRET": "x"})
        self.tcp = socket.create_server(("127.0.0.1", 0))
        port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", port))
        path = f"/tmp/stagelock-test-{os.getpid()}-{port}"  # a socket's path has to be short
        self.paths = [path, path + ".dgram"]
        self.sockets = [self.tcp, self.udp]
        for address, kind in (
            (path, socket.SOCK_STREAM),
            (path + ".dgram", socket.SOCK_DGRAM),
            ("\0stagelock" + str(port), socket.SOCK_STREAM),
        ):
            made = socket.socket(socket.AF_UNIX, kind)
            made.bind(address)
            if kind == socket.SOCK_STREAM:
                made.listen()
            self.sockets.append(made)
        self.env = {
            "PID": str(self.sleeper.pid),
            "PORT": str(port),
            "SOCKET": path,
            "ABSTRACT": "stagelock" + str(port),
        }

    def touched(self) -> list[str]:
        """What of it was reached."""
        found = [] if self.sleeper.poll() is None else ["the process"]
        if os.getpriority(os.PRIO_PROCESS, self.sleeper.pid):
            found.append("its priority")
        for each in self.sockets:
            each.settimeout(0)
            try:
                each.accept() if each.type == socket.SOCK_STREAM else each.recv(10)
                found.append(str(each.getsockname()))
            except BlockingIOError:
                pass
        return found

    def close(self) -> None:
        """End it all."""
        self.sleeper.kill()
        self.sleeper.wait()
        for each in self.sockets:
            each.close()
        for path in self.paths:
            Path(path).unlink()


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Boxed, Outside]]:
    """One machine with a file to spoil, and what lies around it."""
    machine = Boxed(tmp_path_factory.mktemp("field") / "machine")
    (machine.tree / "victim").write_text("whole\n")
    (machine.tree / "docs").mkdir()
    outside = Outside(machine)
    yield machine, outside
    outside.close()


def _shared() -> tuple[object, ...]:
    """Things of the whole machine that some of the ways out would change."""
    ipc = [Path("/proc/sysvipc", name).read_text() for name in ("shm", "sem", "msg")]
    marked = [name for name in entries("/dev/shm") if "stagelock" in name]
    return ipc, marked, Path("/sys/fs/cgroup/stagelock-escape").exists()


@pytest.mark.parametrize("way", CASES["escapes"], ids=lambda way: way[0])
def test_no_way_out(field: tuple[Boxed, Outside], by: str, way: list[str]) -> None:
    machine, outside = field
    before, shared = machine.state(), _shared()
    done = machine.run(line(by, way[1]), env=machine.env(**outside.env), timeout=20)
    assert "ESCAPED" not in done.stdout
    assert "stagelock: " not in done.stderr  # it ran
    assert changes(before, machine.state()) == []
    assert (machine.tree / "victim").read_text() == "whole\n"
    assert outside.touched() == []
    assert _shared() == shared
    assert soon(machine.left_running) == []


# --- what only looks works as ever ------------------------------------------------------------

WORKS = {
    "git status": "git status --short",
    "git log": "git log --oneline -5",
    "git diff": "git diff",
    "git show and blame": "git show HEAD --stat && git blame LICENSE && git stash list",
    "pytest": f"{sys.executable} -m pytest -q checks",
    "pytest twice, by what failed last": f"{sys.executable} -m pytest -q checks --lf",
    "mypy": f"{sys.executable} -m mypy --strict src/app/config.py",
    "ruff": f"{sys.executable} -m ruff check src/app/config.py",
    "syntax of a file": "python3 -m py_compile src/app/config.py",
    "npm test": "npm test",
    "node": 'node -e \'require("child_process").execSync("true")\'',
    "a file in the temporary folder": 'f=$(mktemp) && echo x > "$f" && cat "$f"',
    "a here-document": "cat <<E | grep -q x\nx\nE",
    "process substitution": "diff <(echo a) <(echo a)",
    "awk and sort": "awk '{print $1}' README.md | sort | uniq -c",
    "threads and processes": "python3 -c 'import subprocess, threading; t = threading.Thread("
    'target=lambda: subprocess.run(["true"], check=True)); t.start(); t.join()\'',
    "an event loop": "python3 -c 'import asyncio; asyncio.run(asyncio.sleep(0))'",
    "a time limit": "timeout 0.2 sleep 5; [ $? = 124 ]",
    "ending a child": "sleep 60 & kill $!; wait $!; [ $? = 143 ]",
    "modes and times of its own files": "cd $TMPDIR && touch a && chmod 751 a && cp -p a b && "
    "[ $(stat -c %a b) = 751 ] && mkdir c && tar cf - a b | tar xf - -C c && touch -d @7 c/a && "
    "[ $(stat -c %Y c/a) = 7 ] && ln -s a l && touch -h l && install -m 600 a d",
    "a repository of its own": "cd $TMPDIR && git init -q . && git -c user.name=n "
    "-c user.email=e commit -q --allow-empty -m x && git clone -q . copy && git -C copy log",
    "null": "echo x > /dev/null && cat < /dev/null",
}
NEEDS = {"npm test": "npm", "node": "node"}
CHECK = """
import os, pathlib, shutil, subprocess, tempfile
def test_it(tmp_path, monkeypatch):
    (tmp_path / "x").write_text("y")
    (tmp_path / "x").chmod(0o500)
    copy = tmp_path.parent / "copy"
    shutil.copytree(tmp_path, copy)
    assert (copy / "x").stat().st_mode & 0o777 == 0o500
    os.utime(copy / "x", (5, 7))
    assert (copy / "x").stat().st_mtime == 7
    assert subprocess.run(["cat", tmp_path / "x"], capture_output=True).stdout == b"y"
    with tempfile.TemporaryDirectory() as folder:
        assert os.listdir(folder) == []
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Boxed:
    """A project whose own checks pass without writing into it."""
    machine = Boxed(tmp_path_factory.mktemp("project") / "machine").fill()
    (machine.tree / "checks").mkdir()
    (machine.tree / "checks/test_one.py").write_text(CHECK)
    (machine.tree / "src/app/config.py").write_text("x = 1\n")
    (machine.tree / "run.js").write_text(
        'require("assert").ok(require("fs").mkdtempSync(process.env.TMPDIR + "/a"))\n'
    )
    (machine.tree / "package.json").write_text('{"name": "p", "scripts": {"test": "node run.js"}}')
    return machine


@pytest.mark.parametrize("what", WORKS)
def test_what_only_looks_works_and_leaves_nothing(project: Boxed, by: str, what: str) -> None:
    if by not in box.BACKENDS and what == "ending a child":
        pytest.skip("an old kernel cannot tell whose process it is")
    if not shutil.which(NEEDS.get(what, "sh")):
        pytest.skip(f"no {NEEDS[what]} here")
    before = project.state()
    done = project.run(line(by, WORKS[what]))
    assert (done.returncode, done.stderr if "stagelock" in done.stderr else "") == (0, "")
    assert changes(before, project.state()) == []


def test_reading_commands_say_the_same_as_without_the_box(project: Boxed, by: str) -> None:
    for command in (
        "git status", "git log -3", "git diff", "ls -la", "cat README.md", "grep -rn x src",
        "find . -name '*.py' | sort", "pwd", 'echo "$HOME $PATH"', "umask", "echo $0 $#",
    ):  # fmt: skip
        bare = project.run(["/bin/bash", "-c", command])
        done = project.run(line(by, command))
        if command.startswith("echo $0"):
            assert done.stdout in ("/usr/bin/bash 0\n", "/bin/bash 0\n")
            continue
        assert (done.stdout, done.returncode) == (bare.stdout, bare.returncode), command


# --- how a command is run ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("true", 0),
        ("false", 1),
        ("exit 7", 7),
        ("exit 125", 125),
        ("nosuchcommand", 127),
        ("./README.md", 126),
        ("kill -TERM $BASHPID", 143),
        ("kill -KILL $BASHPID", 137),
        ("set -o pipefail; false | true", 1),
        ("-x", 127),
        ("", 0),
    ],
)
def test_the_exit_code_comes_through(boxed: Boxed, by: str, command: str, code: int) -> None:
    if by not in box.BACKENDS and "BASHPID" in command:
        pytest.skip("an old kernel cannot tell whose process it is")
    (boxed.tree / "README.md").write_text("")
    assert boxed.run(line(by, command)).returncode == code


@pytest.mark.parametrize(
    "text",
    ["a b", "a'b", 'a"b', "$HOME `x` $(x)", "a\nb\n", "\\", "*", "ä€", "--", "\t", "a" * 99_999],
)
def test_a_command_arrives_as_it_was_given(boxed: Boxed, by: str, text: str) -> None:
    assert boxed.run(line(by, "printf %s " + shlex.quote(text))).stdout == text


def test_input_comes_through(boxed: Boxed, by: str) -> None:
    assert boxed.run(line(by, "wc -c"), input="x" * 100_000).stdout.strip() == "100000"
    (boxed.tree / "given").write_text("from a file\n")
    with (boxed.tree / "given").open() as given:
        assert boxed.run(line(by, "cat; exit 3"), stdin=given).stdout == "from a file\n"
    with (boxed.tree / "given").open() as given:
        boxed.run(line(by, "echo spoiled > /dev/stdin"), stdin=given)
    assert (boxed.tree / "given").read_text() == "from a file\n"


def test_much_output_comes_through(boxed: Boxed, by: str) -> None:
    done = boxed.run(line(by, "head -c 20000000 /dev/zero | tr '\\0' x; echo end >&2"))
    assert (len(done.stdout), done.stderr) == (20_000_000, "end\n")


def test_output_to_a_file_can_be_opened_anew(boxed: Boxed, by: str) -> None:
    """The client gives its shell a regular file; scripts write to /dev/stdout and /dev/stderr."""
    path = boxed.base / "output"
    with path.open("a") as out:
        command = "echo one; echo two > /dev/stdout; echo three >> /dev/stderr"
        done = boxed.run(line(by, command), stdout=out, stderr=out)
    assert done.returncode == 0
    assert path.read_text().endswith("three\n")
    with path.open("w") as out:
        assert (
            boxed.run(line(by, "echo x | tee /dev/stderr"), stdout=out, stderr=out).returncode == 0
        )


def test_a_descriptor_of_a_folder_does_not_go_in(boxed: Boxed, by: str) -> None:
    if by not in box.BACKENDS:
        pytest.skip("it is the launcher that closes them")
    (boxed.tree / "victim").write_text("whole\n")
    for number in (5, 11, 57):
        command = f"[ -e /proc/self/fd/{number} ] && echo x > /proc/self/fd/{number}/victim"
        call = shlex.join(line(by, command))
        done = boxed.run(["/bin/bash", "-c", f"exec {number}<.; {call}"])
        assert done.returncode == 1, done.stderr
    for number, mode in ((0, "<"), (1, "<"), (2, "<")):
        call = shlex.join(line(by, f"echo x > /proc/self/fd/{number}/victim"))
        assert boxed.run(["/bin/bash", "-c", f"{call} {number}{mode}."]).returncode != 0
        call = shlex.join(line(by, f"echo x > /proc/self/fd/{number}"))
        boxed.run(["/bin/bash", "-c", f"{call} {number}{mode}victim"])
    assert (boxed.tree / "victim").read_text() == "whole\n"


def test_what_is_left_running_ends_with_the_command(boxed: Boxed, by: str) -> None:
    command = (
        "for i in 1 2 3 4 5; do sleep 300 & setsid -f sleep 300 >/dev/null 2>&1; done; "
        "(trap '' TERM HUP; nohup sleep 300 >/dev/null 2>&1 & disown); "
        "for i in 1 2 3 4 5 6 7 8 9 10; do echo started; done"
    )
    started = time.monotonic()
    done = boxed.run(line(by, command))
    assert done.stdout.count("started") == 10
    assert time.monotonic() - started < 20
    assert soon(boxed.left_running) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_ending_the_call_ends_the_command_and_all_it_started(
    boxed: Boxed, by: str, number: int
) -> None:
    command = "trap '' TERM; setsid -f sleep 300 >/dev/null 2>&1; echo up; sleep 300"
    before = private_folders()
    process = subprocess.Popen(
        line(by, command), cwd=boxed.tree, env=boxed.env(), stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.send_signal(number)
    assert process.wait(timeout=20) in (-number, 128 + number)
    process.stdout.close()
    assert soon(boxed.left_running) == []
    assert stay(private_folders() - before) == set()


def test_nothing_outlives_the_shell_that_called(boxed: Boxed, by: str) -> None:
    call = shlex.join(line(by, "setsid -f sleep 300 >/dev/null 2>&1; echo up; sleep 300"))
    shell = subprocess.Popen(
        ["/bin/bash", "-c", f"{call}; true"],
        cwd=boxed.tree,
        env=boxed.env(),
        stdout=subprocess.PIPE,
    )
    assert shell.stdout is not None
    assert shell.stdout.readline() == b"up\n"
    shell.kill()
    shell.wait()
    shell.stdout.close()
    assert soon(boxed.left_running) == []


@pytest.mark.parametrize(
    "command",
    [
        "mkdir -p a/b && touch a/b/c && chmod 500 a/b && chmod 0 a",
        "n=$(printf %0250d 0); for i in $(seq 20); do mkdir $n && cd $n || exit; done",
        "ln -s / root && ln -s . self && mkfifo pipe && touch -- -rf '*' $'new\\nline'",
    ],
)
def test_the_private_folder_is_gone_afterwards(boxed: Boxed, by: str, command: str) -> None:
    before = private_folders()
    boxed.run(line(by, 'cd "$TMPDIR" && ' + command))
    assert stay(private_folders() - before) == set()


def test_a_project_in_shared_memory_is_seen_and_kept(by: str) -> None:
    base = Path(tempfile.mkdtemp(prefix="a-project-", dir="/dev/shm"))
    try:
        boxed = Boxed(base / "machine")
        (boxed.tree / "seen").write_text("yes\n")
        done = boxed.run(line(by, 'cat seen; touch x; touch "$TMPDIR/x"'))
        assert (done.stdout, done.returncode) == ("yes\n", 0)
        assert entries(boxed.tree) == {"seen"}
    finally:
        shutil.rmtree(base)


def test_a_terminal_is_for_reading_and_writing_only(boxed: Boxed, by: str) -> None:
    code, said = boxed.at_terminal(
        line(by, "echo hi; tty; (: < /dev/tty) 2>/dev/null || echo none")
    )
    assert code == 0
    assert "hi" in said
    assert "none" in said


def test_a_call_in_a_call_is_boxed_too(boxed: Boxed, by: str) -> None:
    inner = shlex.join([STAGELOCK, "ro", "--", 'touch x || touch "$TMPDIR/y" && echo inner'])
    if by not in box.BACKENDS:
        pytest.skip("a kernel that old is only acted")
    done = boxed.run(line(by, inner + "; exit 5"))
    assert done.returncode == 5
    assert not (boxed.tree / "x").exists()


def test_the_network_is_there_when_it_is_asked_for(field: tuple[Boxed, Outside], by: str) -> None:
    machine, _ = field
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    knock = f"echo hello > /dev/tcp/127.0.0.1/{port}"
    assert machine.run(line(by, knock)).returncode == 1
    server.settimeout(5)
    assert machine.run(line(by, knock, "--net")).returncode == 0
    with server.accept()[0] as heard:
        assert heard.recv(10) == b"hello\n"
    server.close()


@pytest.mark.parametrize("option", ["--net", ""])
def test_sockets_by_path_stay_shut_with_the_network(
    field: tuple[Boxed, Outside], by: str, option: str
) -> None:
    machine, outside = field
    ways = [way for way in CASES["escapes"] if "socket" in way[0] or "path datagram" in way[0]]
    assert len(ways) >= 5
    for _, command in ways:
        options = [option] if option else []
        done = machine.run(line(by, command, *options), env=machine.env(**outside.env))
        assert "ESCAPED" not in done.stdout
    assert outside.touched() == []


def test_a_closed_input_or_output_is_nothing_special(boxed: Boxed, by: str) -> None:
    if by not in box.BACKENDS:
        pytest.skip("it is the launcher that opens them")
    call = shlex.join(line(by, "cat; echo x; echo y >&2; exit 5"))
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = boxed.run(["/bin/bash", "-c", f"{call} {closed}"])
        assert done.returncode == 5, (closed, done.stderr)


def test_the_environment_comes_through(boxed: Boxed, by: str) -> None:
    if by not in box.BACKENDS:
        pytest.skip("it is the launcher that hands it on")
    env = boxed.env(A="b c", LD_LIBRARY_PATH="/opt/a b:/opt/c", PYTEST_ADDOPTS="-q", LC_ALL="")
    show = "env | grep -vE '^(_|SHLVL)='"
    bare = boxed.run(["/bin/bash", "-c", show], env=env).stdout.splitlines()
    told = boxed.run(line(by, show), env=env).stdout.splitlines()
    own = re.compile(r"(/dev/tmp|/stagelock-ro-)|^(GIT_OPTIONAL_LOCKS|STAGELOCK_BOX)=")
    assert {text for text in told if not own.search(text)} == {
        text for text in bare if not text.startswith("PYTEST_ADDOPTS")
    }
    assert any(text.startswith("PYTEST_ADDOPTS=-q -o cache_dir=") for text in told)


# --- --write ----------------------------------------------------------------------------------


def test_a_declared_folder_can_be_written_and_nothing_beside_it(boxed: Boxed, by: str) -> None:
    for name in (".git", "docs/design", "src", "it's here"):
        (boxed.tree / name).mkdir(parents=True)
    (boxed.tree / "src/a").write_text("whole\n")
    command = (
        "echo x > docs/design/a && mkdir docs/design/sub && mv docs/design/a docs/design/sub/a && "
        'echo y > "it\'s here/b"; echo z > docs/c; echo z > src/a; rm -f src/a; '
        "ln src/a docs/design/linked; mv docs/design/sub/a src/b; mv src/a docs/design/a; true"
    )
    options = ["--write", "docs/design", "--write", "it's here"]
    if by not in box.BACKENDS:  # the launcher names them in full
        options = [
            "--write",
            str(boxed.tree / "docs/design"),
            "--write",
            str(boxed.tree / "it's here"),
        ]
    done = boxed.run(line(by, command, *options))
    assert done.returncode == 0
    found = sorted(str(p.relative_to(boxed.tree)) for p in boxed.tree.rglob("*") if p.is_file())
    assert [name for name in found if name not in ("docs/design/sub/a", "docs/design/a")] == [
        "it's here/b", "src/a",
    ]  # fmt: skip
    assert (boxed.tree / "src/a").read_text() == "whole\n"


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        (".", "is the top of the tree"),
        ("..", "lies outside the tree"),
        ("docs/..", "is the top of the tree"),
        ("out", "lies outside the tree"),
        ("/tmp", "lies outside the tree"),
        ("nothing", "is no folder"),
        ("README.md", "is no folder"),
        (".git", "is never opened for writing"),
        (".git/hooks", "is never opened for writing"),
        ("docs/.GIT", "is never opened for writing"),
        ("hooks", "is never opened for writing"),
        (".stagelock", "is never opened for writing"),
        (".claude/skills", "is never opened for writing"),
        ("sub", "holds `.claude`"),
        ("a\nb", "line break"),
    ],
)
def test_a_folder_that_steers_or_lies_elsewhere_is_refused(
    boxed: Boxed, folder: str, why: str
) -> None:
    for name in (".git/hooks", "docs/.GIT", ".stagelock", ".claude/skills", "sub/.claude", "a\nb"):
        (boxed.tree / name).mkdir(parents=True)
    (boxed.tree / "README.md").write_text("")
    (boxed.tree / "out").symlink_to(boxed.home)
    (boxed.tree / "hooks").symlink_to(".git/hooks")
    done = boxed.ro("touch ran", "--write", folder)
    assert done.returncode == box.REFUSED
    assert why in done.stderr
    assert not (boxed.tree / "ran").exists()


# --- how it is called, and what an agent could have planted ------------------------------------


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "no `--`"),
        (["--"], "one word, in quotes"),
        (["--", "ls", "-la"], "one word, in quotes"),
        (["ls"], "`ls` is no option"),
        (["--rw", "docs", "--", "ls"], "`--rw` is no option"),
        (["--write"], "needs a folder"),
        (["--by", "nothing", "--", "ls"], "no back end `nothing`"),
    ],
)
def test_a_wrong_call_runs_nothing(boxed: Boxed, words: list[str], why: str) -> None:
    done = boxed.run([STAGELOCK, "ro", *words])
    assert (done.returncode, done.stdout) == (box.REFUSED, "")
    assert why in done.stderr


def _planted(machine: Boxed, name: str) -> str:
    folder = machine.home / "planted"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n/usr/bin/touch '{machine.tree}/planted'\n")
    (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    "name",
    ["bwrap", "bash", "sh", "python3", "uname", "cat", "mkdir", "rm", "mv", "sandbox-exec", "env"],
)
def test_a_program_planted_on_the_path_is_not_started(boxed: Boxed, by: str, name: str) -> None:
    env = boxed.env(PATH=_planted(boxed, name) + ":/usr/bin:/bin")
    boxed.run([STAGELOCK, "ro", "--which"], env=env)
    boxed.run(line(by, "true"), env=env)
    assert not (boxed.tree / "planted").exists()


@pytest.mark.parametrize(
    "planted",
    [
        {"BASH_ENV": "@"},
        {"ENV": "@"},
        {"PYTHONSTARTUP": "@", "PYTHONPATH": "@folder", "PYTHONHOME": "@folder"},
        {"IFS": "/-=", "CDPATH": "/tmp", "PS4": "$(@)", "box": "@folder", "root": "@folder"},
        {"backend": "none", "filter": "/dev/null", "machine": "x", "writable": "/tmp"},
        *({f"BASH_FUNC_{name}%%": "() { @; }"} for name in
          ("unset", "exec", "read", "cd", "command", "printf", "umask", "[", "set", "test", ":")),
        {"LD_LIBRARY_PATH": "@folder"},
        {"STAGELOCK_BOX": "1"},
        {"SANDBOX_RUNTIME": "1"},
        {"TMPDIR": "@folder"},
        {"XDG_STATE_HOME": "@folder"},
        {"HOME": "/nowhere"},
    ],
    ids="+".join,
)  # fmt: skip
@pytest.mark.parametrize("shell", ["/bin/sh", "bash as sh"])
@anywhere
def test_nothing_in_the_environment_opens_the_box(
    boxed: Boxed, planted: dict[str, str], shell: str
) -> None:
    folder = _planted(boxed, "start")
    start = [shell]
    if shell == "bash as sh":
        (boxed.home / "sh").symlink_to("/bin/bash")
        start = [str(boxed.home / "sh")]
    env = {
        name: text.replace("@folder", folder).replace("@", folder + "/start")
        for name, text in planted.items()
    }
    command = "touch ran; grep -q '^Seccomp:.2' /proc/self/status && echo boxed"
    done = boxed.run([*start, STAGELOCK, "ro", "--", command], env=boxed.env(**env))
    assert done.stdout == "boxed\n", done.stderr
    assert entries(boxed.tree) == set()


def test_code_to_be_preloaded_reaches_nothing_after_the_launchers_own_shell(
    boxed: Boxed, by: str
) -> None:
    if by not in box.BACKENDS:
        pytest.skip("it is the launcher that takes it away")
    env = boxed.env(LD_PRELOAD="/planted.so", LD_AUDIT="/audit.so")
    done = boxed.run(line(by, "env | grep -c ^LD_"), env=env)
    complaints = [text for text in done.stderr.splitlines() if "/planted.so" in text]
    assert len(complaints) <= 1  # what is not there is complained of by each program that loads it
    assert done.stdout == "0\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "none x86_64 here",
        "{backend} ../../../../tmp/evil {same}",
        "touch {same}",
        "../evil x86_64 {same}",
        "sandbox-exec x86_64 {same}",
        "bubblewrap aarch64 {same}",
        "bubblewrap x86_64 an older kernel",
        "landlock x86_64 {same}",
        "\0\0\0",
        "x" * 100_000,
    ],
)
@anywhere
def test_a_planted_answer_can_only_choose_among_boxes(boxed: Boxed, text: str) -> None:
    which = boxed.run([STAGELOCK, "ro", "--which"]).stdout.strip()
    remembered = boxed.home / ".local/state/stagelock/box"
    backend, _, same = remembered.read_text().strip().split(" ", 2)
    assert backend == which
    remembered.write_text(text.format(backend=backend, same=same))
    done = boxed.ro("touch ran && echo open; [ -e /proc/self/fd ] && echo ran")
    assert done.stdout in ("ran\n", "")  # in a box, or not at all
    assert done.stdout or done.returncode != 0
    assert entries(boxed.tree) == set()


@anywhere
def test_the_answer_is_remembered_and_asked_again_when_the_tool_changes(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path / "machine")
    copy = tmp_path / "plugin"
    for part in ("bin", "src/stagelock/store/box"):
        shutil.copytree(ROOT / part, copy / part)
    launcher = str(copy / "bin/stagelock")
    remembered = boxed.home / ".local/state/stagelock/box"
    boxed.run([launcher, "ro", "--", "true"])
    first = remembered.stat().st_mtime_ns
    boxed.run([launcher, "ro", "--", "true"])
    assert remembered.stat().st_mtime_ns == first
    os.utime(copy / "src/stagelock/store/box/launch.sh")
    boxed.run([launcher, "ro", "--", "true"])
    assert remembered.stat().st_mtime_ns > first


def test_a_plain_copy_works_before_anything_is_installed(tmp_path: Path, by: str) -> None:
    """Also as a user without any rights, where we may become one."""
    if by not in box.BACKENDS:
        pytest.skip("it is the launcher that is copied")
    base = Path(tempfile.mkdtemp(prefix="stagelock-copy-"))  # pytest's own are for one user alone
    base.chmod(0o755)
    try:
        for part in ("bin", "src/stagelock"):
            shutil.copytree(ROOT / part, base / "plugin" / part)
        boxed = Boxed(base / "machine")
        for path in (boxed.base, *boxed.base.iterdir()):
            shutil.chown(path, 65534 if os.geteuid() == 0 else os.geteuid())
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        words = [str(base / "plugin/bin/stagelock"), "ro", "--by", by, "--"]
        command = "touch x; touch $TMPDIR/x && chmod 700 $TMPDIR/x && kill -0 $PPID; id -u"
        done = boxed.run([*words, command], **user)
        assert done.stdout == f"{65534 if os.geteuid() == 0 else os.geteuid()}\n", done.stderr
        assert entries(boxed.tree) == set()
    finally:
        shutil.rmtree(base)


def test_where_no_box_works_the_command_is_not_run(tmp_path: Path) -> None:
    """A plugin that lost its filters cannot make a box on Linux."""
    boxed = Boxed(tmp_path / "machine")
    copy = tmp_path / "plugin"
    for part in ("bin", "src/stagelock/store/box"):
        shutil.copytree(ROOT / part, copy / part)
    for path in (copy / "src/stagelock/store/box/filters").iterdir():
        path.unlink()
    done = boxed.run([str(copy / "bin/stagelock"), "ro", "--", "touch ran"])
    assert done.returncode == box.REFUSED
    assert done.stderr.startswith("stagelock: no box works on this machine, so the command was not")
    assert not (boxed.tree / "ran").exists()
    assert not (boxed.home / ".local/state/stagelock/box").exists()  # asked again next time


@pytest.mark.parametrize("backend", ["bubblewrap", "landlock"])
def test_a_back_end_that_stops_working_runs_nothing(tmp_path: Path, backend: str) -> None:
    if not _works(backend):
        pytest.skip(f"no {backend} here")
    boxed = Boxed(tmp_path / "machine")
    copy = tmp_path / "plugin"
    for part in ("bin", "src/stagelock/store/box"):
        shutil.copytree(ROOT / part, copy / part)
    (copy / "src/stagelock/store/box/filters/common-x86_64.bpf").write_bytes(b"garbage!")
    (copy / "src/stagelock/store/box/filters/common-aarch64.bpf").write_bytes(b"garbage!")
    done = boxed.run([str(copy / "bin/stagelock"), "ro", "--by", backend, "--", "echo ran"])
    assert done.returncode != 0
    assert done.stdout == ""


@anywhere
def test_the_installed_command_line_takes_the_same_road(boxed: Boxed) -> None:
    start = [sys.executable, "-m", "stagelock.cli.main", "ro"]
    env = boxed.env(PYTHONPATH=str(ROOT / "src"))
    assert boxed.run([*start, "--", "touch x; exit 7"], env=env).returncode == 7
    refused = boxed.run([*start, "--by", "nothing", "--", "ls"], env=env)
    assert refused.returncode == box.REFUSED
    assert entries(boxed.tree) == set()


@anywhere
def test_the_doctor_says_which_box_works(boxed: Boxed) -> None:
    which = boxed.run([STAGELOCK, "ro", "--which"]).stdout.strip()
    assert which in box.BACKENDS
    doctor = [sys.executable, "-m", "stagelock.cli.main", "doctor"]
    told = boxed.run(doctor, env=boxed.env(PYTHONPATH=str(ROOT / "src"))).stdout
    assert f"box      {which} (stagelock ro -- 'COMMAND')" in told


# --- the filters ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", filters.made())
def test_the_shipped_filters_are_as_the_table_makes_them(name: str) -> None:
    path = Path(box.PACKAGE, "filters", name)
    assert path.read_bytes() == filters.made()[name], "run: make build"


def _ask(program: bytes, machine: str, name: str, words: dict[int, int]) -> int:
    """Run a filter as the kernel would, and return its answer."""
    number = filters.CALLS[name][list(filters.AUDIT).index(machine)]
    assert number is not None
    seen = {0: number, 4: filters.AUDIT[machine]}
    for argument in range(6):
        seen[16 + 8 * argument] = words.get(argument, 0) & 0xFFFFFFFF
    lines = list(struct.iter_unpack("=HBBI", program))
    at = value = 0
    while True:
        code, then, otherwise, k = lines[at]
        at += 1
        if code == filters.LOAD:
            value = seen[k]
        elif code == filters.AND:
            value &= k
        elif code == filters.SHIFT_RIGHT:
            value >>= k
        elif code == filters.RETURN:
            return int(k)
        else:
            held = {
                filters.EQUAL: value == k,
                filters.ABOVE: value > k,
                filters.ANY_BIT: bool(value & k),
            }[code]
            at += then if held else otherwise


FREE, HELD = 0x7FFF0000, 0x7FC00000
NOT_PERMITTED, READ_ONLY, NO_SUCH = 0x00050001, 0x0005001E, 0x00050026


@pytest.mark.parametrize("machine", filters.AUDIT)
@pytest.mark.parametrize(
    ("program", "call", "words", "answer"),
    [
        ("common", "socket", {0: 1}, NOT_PERMITTED),
        ("common", "socket", {0: 2}, FREE),
        ("common", "socket", {0: 10}, FREE),
        ("common", "socket", {0: 40}, NOT_PERMITTED),
        ("common", "socketpair", {0: 1, 1: 1}, FREE),
        ("common", "socketpair", {0: 1, 1: 0o2004001}, FREE),
        ("common", "socketpair", {0: 1, 1: 2}, NOT_PERMITTED),
        ("common", "socketpair", {0: 1, 1: 0o2000002}, NOT_PERMITTED),
        ("common", "ioctl", {1: 0x5412}, NOT_PERMITTED),
        ("common", "ioctl", {1: 0x541C}, NOT_PERMITTED),
        ("common", "ioctl", {1: 0x5401}, FREE),
        ("common", "clone", {0: 0x01200011}, FREE),
        ("common", "clone", {0: 0x10000011}, NOT_PERMITTED),
        ("common", "unshare", {0: 0x20000}, NOT_PERMITTED),
        ("common", "clone3", {}, NO_SUCH),
        ("common", "mount", {}, NOT_PERMITTED),
        ("common", "kill", {}, FREE),
        ("common", "fchmod", {}, FREE),
        ("landlock", "ioctl", {1: 0x40086602}, READ_ONLY),
        ("landlock", "ioctl", {1: 0x80086601}, FREE),
        ("landlock", "ioctl", {1: 0x401C5820}, READ_ONLY),
        ("landlock", "ioctl", {1: 0x50009418}, READ_ONLY),
        ("landlock", "ioctl", {1: 0x40049409}, FREE),
        ("landlock", "ioctl", {1: 0x5401}, FREE),
        ("landlock", "setpriority", {0: 0, 1: 0}, FREE),
        ("landlock", "setpriority", {0: 0, 1: 77}, NOT_PERMITTED),
        ("landlock", "setpriority", {0: 2, 1: 0}, NOT_PERMITTED),
        ("landlock", "prlimit64", {0: 0}, FREE),
        ("landlock", "prlimit64", {0: 77}, NOT_PERMITTED),
        ("landlock", "shmget", {}, NOT_PERMITTED),
        ("asked", "fchmod", {}, HELD),
        ("asked", "utimensat", {}, HELD),
        ("asked", "kill", {}, FREE),
        ("unasked", "fchmod", {}, READ_ONLY),
        ("offline", "socket", {0: 2}, NOT_PERMITTED),
        ("offline", "socket", {0: 16}, FREE),
        ("signals", "kill", {0: 0}, FREE),
        ("signals", "kill", {0: -1}, NOT_PERMITTED),
        ("signals", "kill", {0: 77}, NOT_PERMITTED),
        ("signals", "tgkill", {}, NOT_PERMITTED),
        ("signals", "fcntl", {1: 8}, NOT_PERMITTED),
        ("signals", "fcntl", {1: 3}, FREE),
        ("truncate", "openat", {2: 0o1000}, READ_ONLY),
        ("truncate", "openat", {2: 0o1001}, FREE),
        ("truncate", "openat", {2: 0}, FREE),
        ("truncate", "truncate", {}, READ_ONLY),
    ],
)
def test_what_a_filter_answers(
    machine: str, program: str, call: str, words: dict[int, int], answer: int
) -> None:
    """Also for the machine this does not run on."""
    built = filters.made()[f"{program}-{machine}.bpf"]
    assert _ask(built, machine, call, words) == answer


def test_a_filter_ends_a_process_that_calls_as_another_machine() -> None:
    program = filters.made()["common-aarch64.bpf"]
    lines = list(struct.iter_unpack("=HBBI", program))
    assert lines[1] == (filters.EQUAL, 1, 0, filters.AUDIT["aarch64"])
    assert lines[2] == (filters.RETURN, 0, 0, filters.KILL)
