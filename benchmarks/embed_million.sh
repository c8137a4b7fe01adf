#!/bin/bash
# A million made-up images through //:embed: killed on the way, started again,
# with the memory that it held. Usage:
#   benchmarks/embed_million.sh CHECKPOINT [IMAGES] [MORE FLAGS OF embed...]
# CHECKPOINT reads images of three channels. FOLDER keeps the shards (1 GB).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
checkpoint="$1" images="${2:-1000000}"
shift $(($# < 2 ? $# : 2))
embed="${EMBED:-bazel-bin/eval/embed/embed}"
[ -x "$embed" ] || ./bazelw build //:embed
folder="${FOLDER:-$(mktemp -d)}"
mkdir -p "$folder/shards" "$folder/out"
rm -rf "$folder/out/"*
python3 - "$folder/shards" "$images" <<'END'
import io, os, random, struct, sys, tarfile
folder, images = sys.argv[1], int(sys.argv[2])
per_shard = 10000
for shard in range((images + per_shard - 1) // per_shard):
    path = "%s/%05d.tar" % (folder, shard)
    if os.path.exists(path):
        continue
    draw = random.Random(shard)
    with tarfile.open(path + ".part", "w") as tar:
        for i in range(shard * per_shard, min(images, (shard + 1) * per_shard)):
            pixels = draw.randbytes(8 * 8 * 3)
            bytes = (b"BM" + struct.pack("<IIIIiiHHIIiiII", 54 + len(pixels), 0, 54, 40,
                                         8, 8, 1, 24, 0, len(pixels), 0, 0, 0, 0) + pixels)
            member = tarfile.TarInfo("%07d.bmp" % i)
            member.size = len(bytes)
            tar.addfile(member, io.BytesIO(bytes))
    os.rename(path + ".part", path)
END

# Starts embed, and ends it after so many seconds; 0: lets it end.
run() {
  local peak=0 now start=$SECONDS
  "$embed" --checkpoint="$checkpoint" --data="$folder/shards" \
    --out="$folder/out/features.npy" "${@:2}" &
  local process=$!
  while now="$(awk '/VmHWM/ {print $2}' "/proc/$process/status" 2>/dev/null)" && [ -n "$now" ]; do
    peak=$now
    if (($1 > 0 && SECONDS - start >= $1)); then kill -9 $process; fi
    sleep 0.2
  done
  wait $process 2>/dev/null || true
  echo "$((SECONDS - start)) s, at most $((peak / 1024)) MB"
}
for ((kills = 0; kills < ${KILLS:-3}; ++kills)); do
  run "${SECONDS_TO_KILL:-20}" "$@"
  grep -E '"(images|rows|complete)"' "$folder/out/features.npy.json" | tail -3
done
run 0 "$@"
ls -l "$folder/out"
