#!/usr/bin/env bash
# Builds librdkafka, the native half of Confluent.Kafka, where the package feed has no librdkafka.redist.
#
#   build/librdkafka.sh VERSION TARGET    for example 2.15.1 artifacts/native/librdkafka/2.15.1/librdkafka.so
#
# The source is the one that Confluent ships in its npm package for Node.js; nothing of that package is run. About a minute,
# once: an existing TARGET is left alone. Exit code 2: a tool is missing, the last line says which.
set -euo pipefail

version=$1
target=$(realpath -m "$2")
[ -f "$target" ] && exit 0

# The release of the npm package that ships this librdkafka.
[ "$version" = 2.15.1 ] || { echo "No source is known for librdkafka $version: see $0."; exit 2; }
package=@confluentinc/kafka-javascript@1.10.1
sha256=ada7d703bb1d3237e2292bfabf438d663b6160c9f1ac2a2406b5dc4257c81b66

for tool in npm tar make cc c++ strip sha256sum; do
    command -v "$tool" > /dev/null || { echo "librdkafka $version cannot be built: $tool is not installed."; exit 2; }
done

mkdir -p "$(dirname "$target")"
# Beside the target, so that the last step is a rename: a build that runs at the same time sees the whole library or none.
work=$(mktemp -d "$(dirname "$target")/building.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/log

step() {
    "$@" >> "$log" 2>&1 || { tail -n 20 "$log"; echo "librdkafka $version cannot be built: '$*' failed."; exit 1; }
}

cd "$work"
step npm pack --ignore-scripts --silent "$package"
echo "$sha256  $(ls ./*.tgz)" > checksum
step sha256sum --check --status checksum
step tar -xzf ./*.tgz package/deps/librdkafka
cd package/deps/librdkafka
# lz4 is the one bundled; no Kerberos and no OAuth over HTTP, whose libraries few machines have the headers of.
step bash ./configure --disable-gssapi --disable-curl --disable-lz4-ext --disable-debug-symbols
step make -C src -j2 librdkafka.so.1
cp src/librdkafka.so.1 "$work/librdkafka.so"
step strip --strip-unneeded "$work/librdkafka.so"
mv "$work/librdkafka.so" "$target"
echo "librdkafka $version: $target"
