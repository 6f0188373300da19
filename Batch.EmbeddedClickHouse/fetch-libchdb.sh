#!/bin/sh
# Installs libchdb (178 MB to fetch, 566 MB on disk) once for all projects and builds:
#   fetch-libchdb.sh PROJECT_FOLDER TARGET_FOLDER
# Builds may run side by side, so the work is done under a lock, and into a folder that takes its final name when complete.
# Messages are written in MSBuild's form, so that the build shows them as its own errors.
set -eu
project=$1
target=$2
library=node_modules/@chdb/lib-linux-x64-gnu/libchdb.so

fail() {
    echo "fetch-libchdb.sh : error BATCH0001 : $1 To build without the engine (the embedded infrastructure will not start), add -p:FetchLibchdb=false; to use a copy of libchdb.so from elsewhere, set the environment variable BATCH_LIBCHDB to its path." >&2
    exit 1
}

[ "$(uname -s)" = Linux ] && [ "$(uname -m)" = x86_64 ] ||
    fail "The embedded ClickHouse engine exists for Linux x64 only, and this machine is $(uname -s) $(uname -m)."
getconf GNU_LIBC_VERSION >/dev/null 2>&1 ||
    fail "The embedded ClickHouse engine needs glibc (Debian, Ubuntu, Fedora, ...), and this system has another C library."
command -v npm >/dev/null 2>&1 ||
    fail "The embedded ClickHouse engine is fetched with npm, which was not found. Install Node.js 18 or later with npm (Debian: apt-get install nodejs npm)."

mkdir -p "$target"
exec 9>"$target.lock"
command -v flock >/dev/null 2>&1 && flock 9

if [ -f "$target/$library" ] && cmp -s "$project/package-lock.json" "$target/package-lock.json"; then
    touch "$target/$library"
    exit 0
fi

staging=$target.staging
rm -rf "$staging"
mkdir -p "$staging"
cp "$project/package.json" "$project/package-lock.json" "$staging"
if ! (cd "$staging" && npm ci --no-audit --no-fund --loglevel=error >npm.log 2>&1); then
    cat "$staging/npm.log" >&2
    fail "npm could not install the embedded ClickHouse engine: see the lines above."
fi
[ -f "$staging/$library" ] || fail "The npm package holds no libchdb.so."
rm -rf "$target"
mv "$staging" "$target"
touch "$target/$library"
