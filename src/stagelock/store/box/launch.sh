#!/bin/sh
# stagelock ro: the fast road into the box. Plain POSIX sh, and no other process where a remembered
# answer holds: bin/stagelock reads this file, and `sh launch.sh ro ...` does the same.
#
# INVARIANT: each road either starts the command in a box or does not start it. Nothing that is
# remembered, inherited or found says anything but *which* of these roads is taken.
#
# What an agent could have planted in the environment, and the line that closes it:
#   functions that bash exports, in place of builtins       -> `unset -f`, here and in bin/stagelock
#   LD_*, GCONV_PATH: code for the programs outside the box  -> `unset`
#   BASH_ENV, ENV, PYTHON*: start-up files                   -> `unset`; python runs with -I -S
#   PATH: a bwrap, bash or python3 of its own                -> `system`: absolute system folders
#   IFS, CDPATH                                              -> set anew
#   XDG_STATE_HOME, a planted remembered answer              -> it can only choose among roads
#   TMPDIR, descriptors left open, a file as standard input  -> own_folder, close_others, bubblewrap
#   a folder to write that is a link, or steers something    -> may_write
# LD_PRELOAD, and PS4 with SHELLOPTS, act on this very shell before its first line; but then they
# acted on the shell that called it as well, and the agent's code ran without any box anyway.
unset -f [ test read cd pwd command printf echo umask shift exec export set : 2>/dev/null
unset LD_PRELOAD LD_AUDIT LD_DEBUG LD_DEBUG_OUTPUT LD_PROFILE LD_PROFILE_OUTPUT GCONV_PATH LOCPATH
unset BASH_ENV ENV CDPATH
libraries=${LD_LIBRARY_PATH-} # for the command alone
unset LD_LIBRARY_PATH
IFS=' 	
'
set -fu

# What is pointed into the private folder; one list for every road.
private='TMPDIR=/ TMP=/ TEMP=/ TMPPREFIX=/zsh XDG_CACHE_HOME=/cache MYPY_CACHE_DIR=/mypy
RUFF_CACHE_DIR=/ruff COVERAGE_FILE=/coverage
HYPOTHESIS_STORAGE_DIRECTORY=/hypothesis CARGO_TARGET_DIR=/cargo npm_config_cache=/npm
YARN_CACHE_FOLDER=/yarn GOCACHE=/go GOTMPDIR=/ DENO_DIR=/deno'

refuse() {
  command printf 'stagelock: %s\n' "$1" >&2
  exit 125 # as `timeout` and `env` do: the command itself was not run
}

# Find a program where only the system's owner installs.
system() {
  for found in "/usr/bin/$1" "/bin/$1" "/usr/local/bin/$1" "/run/current-system/sw/bin/$1"; do
    [ -x "$found" ] && return
  done
  found=
}

usage="call it as: stagelock ro [--net] [--write DIR]... -- 'COMMAND'"
newline='
'

ro() {
  close_others "$@"
  net='' writable='' backend=''
  while [ "${1-}" != -- ]; do
    case ${1-} in
      --net) net=yes ;;
      --write)
        [ $# -gt 1 ] || refuse "\`--write\` needs a folder; $usage"
        shift
        may_write "$1"
        ;;
      --by)
        [ $# -gt 1 ] || refuse "\`--by\` needs a back end; $usage"
        shift
        backend=$1
        ;;
      --which) which_box ;;
      '') refuse "no \`--\` before the command; $usage" ;;
      *) refuse "\`$1\` is no option; $usage" ;;
    esac
    shift
  done
  [ $# -eq 2 ] || refuse "the command is one word, in quotes, after \`--\`; $usage"
  # inside a box, ours or the client's: of the two on Linux, only Landlock stacks
  [ -z "${STAGELOCK_BOX-}${SANDBOX_RUNTIME-}" ] || [ -n "$backend" ] || backend=landlock
  [ -n "$backend" ] || remembered || probe
  run "$2"
}

run() {
  # Only what compiles on purpose: elsewhere Python reads the compiled files that are there, and
  # does without writing; with a folder of its own it would compile all anew, half a second for pytest.
  case $1 in *py_compile* | *compileall*) private="$private PYTHONPYCACHEPREFIX=/pycache" ;; esac
  case $backend in
    bubblewrap) bubblewrap "$1" ;;
    landlock | sandbox-exec) supervised "$1" ;;
    none) refuse "no box works on this machine, so the command was not run; install bubblewrap (or use a kernel with Landlock, and /usr/bin/python3), and call again" ;;
    *) refuse "there is no back end \`$backend\`; leave \`--by\` away, or say bubblewrap, landlock or sandbox-exec" ;;
  esac
}

# --- bubblewrap -------------------------------------------------------------------------------

bubblewrap() {
  system bwrap
  [ -n "$found" ] || refuse "bubblewrap is not installed, so the command was not run; install it, or see what else works: stagelock ro --which"
  bwrap=$found
  machine=${machine:-$(command -p uname -m)}
  # INVARIANT: a remembered machine picks one of our own files
  case $machine in
    x86_64 | aarch64) filter=$box/filters/common-$machine.bpf ;;
    *) refuse "no filter is known for the machine \`$machine\`, so the command was not run; there is no box here" ;;
  esac
  shell
  # Put together from the end: the command, the ways to others, the folders, and first of all the
  # whole machine read-only, with devices and a /proc of its own (that root may not write either).
  set -- -- "$shell" -c -- "$1"
  [ -z "$libraries" ] || set -- --setenv LD_LIBRARY_PATH "$libraries" "$@"
  [ -n "$net" ] || set -- --unshare-net "$@"
  set -- --unshare-pid --unshare-ipc --new-session --die-with-parent --cap-drop ALL \
    --seccomp 9 --chdir "$PWD" "$@"
  IFS=$newline
  for folder in $writable; do
    set -- --bind "$folder" "$folder" "$@"
  done
  IFS=' 	
'
  # a project there would be hidden by the devices
  case $PWD/ in /dev/shm/*) set -- --ro-bind /dev/shm /dev/shm "$@" ;; esac
  set -- --ro-bind / / --dev /dev --dir /dev/tmp --proc /proc --remount-ro /proc "$@"
  own_folder /dev/tmp
  # Opened anew through /proc, a file would be as writable in the box as outside.
  if [ -p /dev/fd/0 ] || [ -c /dev/fd/0 ] || [ -S /dev/fd/0 ]; then
    exec "$bwrap" "$@" 9<"$filter"
  fi
  command -p cat | "$bwrap" "$@" 9<"$filter"
  exit
}

# Point the temporary folder and the caches into the private one.
own_folder() {
  for pair in $private; do
    value=$1${pair#*=}
    export "${pair%%=*}=${value%/}"
  done
  export "PYTEST_ADDOPTS=${PYTEST_ADDOPTS-} -o cache_dir=$1/pytest"
  export GIT_OPTIONAL_LOCKS=0 STAGELOCK_BOX=1
}

# --- Landlock, sandbox-exec -------------------------------------------------------------------

supervised() {
  system python3
  [ -n "$found" ] || refuse "the box \`$backend\` needs /usr/bin/python3, so the command was not run; install it and call again"
  python=$found
  shell
  set -- -- "$shell" "$1"
  IFS=$newline
  for folder in $writable; do
    set -- --write "$folder" "$@"
  done
  IFS=' 	
'
  [ -z "$net" ] || set -- --net "$@"
  [ -z "$libraries" ] || set -- --libraries "$libraries" "$@"
  [ -n "${LC_CTYPE+set}" ] || set -- --no-ctype "$@" # Python sets it, where the locale is C
  # shellcheck disable=SC2086 # a list of words
  exec "$python" -I -S -c 'import sys
sys.path.insert(0, sys.argv[1])
from stagelock.store.box.supervise import main
main(sys.argv[2:])' "${box%/stagelock/store/box}" "$backend" $private "$@"
}

shell() {
  system bash
  [ -n "$found" ] || system sh
  shell=$found
}

# --- what the box must not inherit ------------------------------------------------------------

# A descriptor of a folder outside is a way around every mount: none but 0, 1 and 2 goes in.
close_others() {
  [ -e /dev/fd/0 ] || exec </dev/null
  [ -e /dev/fd/1 ] || exec >/dev/null
  [ -e /dev/fd/2 ] || exec 2>/dev/null
  [ -d /proc/self/fd ] || return 0 # supervise.py, which serves macOS, closes them too
  set +f
  for entry in /proc/self/fd/*; do
    entry=${entry##*/}
    case $entry in
      [012]) must_be_output "$entry" ;;
      [3-9]) eval "exec $entry>&-" ;;
      *) [ ! -e "/proc/self/fd/$entry" ] || closes_itself "$entry" || close_in_bash "$@" ;;
    esac
  done
  set -f
}

# As 1 or 2, a folder is a door, and a file opened only for reading could be opened for writing.
must_be_output() {
  [ ! -d "/proc/self/fd/$1" ] || refuse "descriptor $1 is a folder, so the command was not run; call again without that redirection"
  [ "$1" != 0 ] && [ ! -p "/proc/self/fd/$1" ] && [ ! -c "/proc/self/fd/$1" ] || return 0
  flags "$1"
  case $flags in *[04]) refuse "descriptor $1 is open for reading only, so the command was not run; call again without that redirection" ;; esac
}

closes_itself() {
  flags "$1"
  case $flags in *[2367]??????) return 0 ;; esac # O_CLOEXEC, in octal
  return 1
}

flags() {
  flags=
  while [ -z "$flags" ] && read -r name value; do
    [ "$name" != flags: ] || flags=$value
  done <"/proc/self/fdinfo/$1"
}

# Plain sh cannot name a descriptor above 9.
close_in_bash() {
  system bash
  [ -n "$found" ] || refuse "descriptor $entry is open, and no bash is there to close it, so the command was not run; call again without it"
  exec "$found" -p -c 'for entry in /proc/$$/fd/*; do
      entry=${entry##*/}; ((entry < 3)) || eval "exec $entry>&-"
    done
    exec /bin/sh "$0" ro "$@"' "$0" "$@"
}

# --write: a folder below the top of the tree, by its real name, and none that steers anything.
may_write() {
  case $1 in *"$newline"*) refuse "a folder with a line break in its name cannot be opened for writing; rename it" ;; esac
  here=$PWD
  command cd -P -- "$1" 2>/dev/null || refuse "\`$1\` is no folder; make it, or name another"
  opened=$PWD
  command cd -P -- "$here" || refuse "the working folder is gone; go to another and call again"
  top=$PWD
  while [ -n "$top" ] && [ ! -e "$top/.stagelock" ] && [ ! -e "$top/.git" ]; do
    top=${top%/*}
  done
  [ -n "$top" ] || top=$PWD
  case $opened in
    "$top"/?*) ;;
    "$top") refuse "\`$1\` is the top of the tree; name folders below it" ;;
    *) refuse "\`$1\` lies outside the tree \`$top\`; name a folder inside" ;;
  esac
  case $opened/ in
    */.[gG][iI][tT]/* | */.[sS][tT][aA][gG][eE][lL][oO][cC][kK]/* | */.[cC][lL][aA][uU][dD][eE]/*)
      refuse "\`$1\` is never opened for writing; name another folder"
      ;;
  esac
  for name in .git .stagelock .claude; do
    [ ! -e "$opened/$name" ] || refuse "\`$1\` holds \`$name\`, which is never opened for writing; name folders beside it"
  done
  writable=$writable$opened$newline
}

# --- which back end works here ----------------------------------------------------------------

# Read the remembered answer, if nothing changed since: a newly installed program shows in the time
# of /usr/bin, since a package keeps the times of its own files.
remembered() {
  state
  file=$state/box
  [ -f "$file" ] && [ "$file" -nt /usr/bin ] && [ "$file" -nt "$box" ] &&
    [ "$file" -nt "$box/launch.sh" ] && [ "$file" -nt "$box/filters" ] || return 1
  system_is=
  identify
  read -r backend machine was <"$file" || return 1
  [ "$was" = "$system_is" ] || return 1
  case $backend in bubblewrap | landlock | sandbox-exec) return 0 ;; esac
  return 1
}

state() {
  case ${XDG_STATE_HOME-} in
    /*) state=$XDG_STATE_HOME/stagelock ;;
    *) state=${HOME-}/.local/state/stagelock ;;
  esac
}

# This boot, with these settings: a host that was changed is asked again.
identify() {
  system_is=$box
  [ -r /proc/sys/kernel/random/boot_id ] || return 0
  read -r system_is </proc/sys/kernel/random/boot_id
  for setting in unprivileged_userns_clone apparmor_restrict_unprivileged_userns; do
    [ ! -r "/proc/sys/kernel/$setting" ] || {
      read -r value <"/proc/sys/kernel/$setting"
      system_is="$system_is $value"
    }
  done
  system_is="$system_is $box"
}

# Try each back end for real, and remember the first that holds.
probe() {
  state
  machine=$(command -p uname -m)
  folder=$state
  command -p mkdir -p -m 700 "$folder" 2>/dev/null
  [ -w "$folder" ] || folder=/tmp
  for backend in bubblewrap landlock sandbox-exec; do
    ! holds || {
      remember
      return 0
    }
  done
  backend=none # not remembered: whoever makes a box possible need not tell us
}

# It holds if a write outside fails, a write inside works, and on Linux the filter is on.
holds() {
  leak=box-probe-$$
  (
    command cd -P -- "$folder" || exit
    net='' writable=''
    run "true >$leak; true >\"\$TMPDIR/$leak\" || exit
      [ ! -e /proc/self/status ] || grep -q '^Seccomp:.*2' /proc/self/status || exit; exit 42"
  ) </dev/null >/dev/null 2>&1
  [ $? -eq 42 ] || return 1
  [ ! -e "$folder/$leak" ] || {
    command -p rm -f "$folder/$leak"
    return 1
  }
}

remember() {
  [ "$folder" = "$state" ] || return 0
  identify
  aside=$state/box.new-$$ # moved into place, so that a link planted there is replaced, not followed
  (
    umask 077
    set -C
    command printf '%s\n' "$backend $machine $system_is" >"$aside"
  ) 2>/dev/null && command -p mv -f "$aside" "$state/box"
}

which_box() {
  probe
  command printf '%s\n' "$backend"
  [ "$backend" != none ] || exit 125
  exit 0
}

case $0 in
  */launch.sh) box=${0%/launch.sh} ;;
  *) box=$root/src/stagelock/store/box ;; # read by bin/stagelock
esac
case $box in /*) ;; *) box=$PWD/$box ;; esac
shift # the verb
ro "$@"
