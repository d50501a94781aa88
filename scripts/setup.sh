#!/usr/bin/env bash
# Makes this checkout runnable: the distribution's GStreamer, then .venv with Penstock in it.
# Run again, it does nothing until pyproject.toml, this file or the Python behind .venv changes.
# With --for-tests also what only the test suite needs: message brokers, their clients, ...
# PYTHON=/path/to/python3 chooses the interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# xvfb is for the tests alone: a display without a screen.
PACKAGES=(
  ca-certificates
  fontconfig
  fonts-dejavu-core
  gir1.2-gst-plugins-base-1.0
  gir1.2-gst-rtsp-server-1.0
  gir1.2-gstreamer-1.0
  gstreamer1.0-libav
  gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-base
  gstreamer1.0-plugins-good
  gstreamer1.0-plugins-ugly
  gstreamer1.0-python3-plugin-loader
  gstreamer1.0-tools
  gstreamer1.0-x
  libpangocairo-1.0-0
  python3-gi
  python3-gst-1.0
  python3-venv
  xvfb
)
TEST_PACKAGES=(mosquitto nats-server rabbitmq-server redis-server)
STAMP=.venv/setup.stamp
TEST_STAMP=.venv/setup-for-tests.stamp

say() { printf 'setup: %s\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

name_the_packages() {
  cat >&2 <<END
setup: Penstock stands on its machine's GStreamer, and apt-get is not here to install it.
  What it needs: Python 3.10 to 3.13 with venv; GStreamer 1.20 or newer, its tools and its plugin
  sets base, good, bad, ugly and libav; PyGObject; gst-python (the overrides and the plugin loader);
  Pango with cairo; the GObject introspection of GStreamer, of its base libraries and of GstRtspServer;
  a TrueType font.
  On Debian 12, Ubuntu 22.04 or newer these are the packages
$(printf '    %s\n' "${PACKAGES[@]}")
  Install what your system calls them, then run the same command again.
END
}

# Everything that set-up depends on and that can change under it.
state() {
  { cat pyproject.toml scripts/setup.sh && pwd -P && readlink -f .venv/bin/python; } | cksum
}

is_ready() { # STAMP
  [[ -x .venv/bin/penstock && -f $1 && $(<"$1") == "$(state)" ]]
}

quietly() { # WHAT COMMAND...: one line on success, the end of the output on failure
  local what=$1 log
  shift
  say "$what ..."
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    rm -f "$log"
    return
  fi
  tail -n 30 "$log" >&2
  rm -f "$log"
  die "failed: $*"
}

missing_of() { # PACKAGE...: those that are not installed
  local installed package
  # dpkg-query fails as soon as one package is unknown, and still prints the others.
  # shellcheck disable=SC2016 # the format is dpkg-query's, not the shell's
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true
  for package in "$@"; do
    grep -qx "$package installed" <<<"$installed" || echo "$package"
  done
}

apt_install() { # PACKAGE...: those that are missing
  local missing=() package become_root=() apt_get
  while read -r package; do missing+=("$package"); done < <(missing_of "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "packages are missing, and this user is not root and has no sudo. As root: apt-get install ${missing[*]}"
    become_root=(sudo)
  fi
  apt_get=(${become_root[@]+"${become_root[@]}"} env DEBIAN_FRONTEND=noninteractive
    apt-get -y -o DPkg::Lock::Timeout=300)
  quietly "apt-get update" "${apt_get[@]}" update
  quietly "apt-get install ${missing[*]}" \
    "${apt_get[@]}" install --no-install-recommends "${missing[@]}"
}

install_packages() {
  apt_install "${PACKAGES[@]}"
  if ! gst-inspect-1.0 python >/dev/null 2>&1; then
    # Debian 13's plugin loader opens libpython by a name that only the development package has,
    # and GStreamer does not try again what it has once rejected.
    apt_install libpython3-dev
    rm -f "${XDG_CACHE_HOME:-$HOME/.cache}"/gstreamer-1.0/registry.*.bin
  fi
}

sees_gstreamer() { # PYTHON: whether it is new enough and is the one that PyGObject was built for
  "$1" -I -c 'import sys, gi
assert (3, 10) <= sys.version_info < (3, 14)
gi.require_version("Gst", "1.0")' >/dev/null 2>&1
}

candidates() {
  if [[ -n ${PYTHON:-} ]]; then
    command -v "$PYTHON" || true
  else
    # First the one that the distribution builds python3-gi for, whatever comes first on PATH.
    ls /usr/bin/python3 /usr/bin/python3.1[0-3] 2>/dev/null || true
    type -ap python3 || true
  fi
}

find_python() {
  local candidate
  while read -r candidate; do
    if sees_gstreamer "$candidate"; then
      echo "$candidate"
      return
    fi
  done < <(candidates)
}

make_venv() { # PYTHON
  if sees_gstreamer .venv/bin/python && grep -qF "$(pwd -P)/.venv" .venv/bin/activate; then
    return
  fi
  [[ ! -e .venv ]] || say "the .venv here was moved or does not see GStreamer: making it anew"
  quietly "making .venv from $1" "$1" -I -m venv --clear --system-site-packages "$(pwd -P)/.venv"
}

set_up() {
  local python report looked_at
  ! is_ready "$STAMP" || return 0
  if command -v apt-get >/dev/null; then install_packages; fi
  python=$(find_python)
  if [[ -z $python ]]; then
    command -v apt-get >/dev/null || name_the_packages
    looked_at=$(candidates)
    die "no Python 3.10 to 3.13 that can import gi; looked at: ${looked_at//$'\n'/ }"
  fi
  make_venv "$python"
  quietly "installing Penstock and its Python packages into .venv (minutes, the first time)" \
    .venv/bin/python -m pip install --disable-pip-version-check -e '.[dev]'
  # With what it asks for it would put opencv-python in the place of opencv-python-headless.
  quietly "installing TrackEval" \
    .venv/bin/python -m pip install --disable-pip-version-check --no-deps 'trackeval>=1.3'
  if ! report=$(.venv/bin/python -m penstock.cli.doctor 2>&1); then
    printf '%s\n' "$report" >&2
    command -v apt-get >/dev/null || name_the_packages
    die "something is missing, see above"
  fi
  state >"$STAMP"
}

download_nats_server() { # MIRROR FOLDER: from the next Debian, with lists and a cache of its own
  local trusted=/usr/share/keyrings/debian-archive-keyring.gpg apt_get
  cd "$2"
  mkdir -p lists/partial archives/partial
  echo "deb [signed-by=$trusted] $1 trixie main" >sources.list
  apt_get=(apt-get -o "Dir::Etc::SourceList=$2/sources.list" -o Dir::Etc::SourceParts=-
    -o "Dir::State::Lists=$2/lists" -o "Dir::Cache=$2" -o APT::Sandbox::User=)
  "${apt_get[@]}" update && "${apt_get[@]}" download nats-server && dpkg -x nats-server_*.deb .
}

# Debian 12's NATS is 2.9, which cannot make each message durable (`sync_interval: always`). The
# tests take the next Debian's out of .venv; the system's stays what it is.
newer_nats_server() {
  local version mirror folder
  version=$(dpkg-query -W -f '${Version}' nats-server)
  if dpkg --compare-versions "$version" ge 2.10; then return; fi
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -nE 's,^[^#]*(https?://[^ ]+/debian)/?( .*)?$,\1,p' | head -n 1) || true
  folder=$(mktemp -d)
  if [[ -n $mirror ]] &&
    (quietly "downloading nats-server 2.10" download_nats_server "$mirror" "$folder"); then
    install "$folder/usr/sbin/nats-server" .venv/bin/
  else
    say "the tests of NATS need nats-server 2.10 or newer and will fail: $version is installed"
  fi
  rm -rf "$folder"
}

set_up_for_tests() {
  ! is_ready "$TEST_STAMP" || return 0
  if command -v apt-get >/dev/null; then
    apt_install "${TEST_PACKAGES[@]}"
    newer_nats_server
  fi
  quietly "installing what only the tests need" \
    .venv/bin/python -m pip install --disable-pip-version-check -e '.[tests]'
  state >"$TEST_STAMP"
}

set_up
[[ ${1:-} != --for-tests ]] || set_up_for_tests
