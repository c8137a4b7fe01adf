#!/usr/bin/env bash
# Runs the tests as other processors would round them: no verdict may depend on
# the width of vectors, on the libraries' kernels or on the number of threads.
#
#   tests/rounding.sh                        # the whole suite, six times
#   tests/rounding.sh FOLDER                 # results kept there
#   tests/rounding.sh FOLDER --jobs=2 //ssl/train/...   # arguments for Bazel
#
# Stopped at any point, it goes on there: a setting that has passed for these
# sources, arguments and processor (FOLDER has a file for it) is not run again,
# and within a setting Bazel repeats only what has not passed. FOLDER is
# ~/.cache/caldera/rounding unless given; the output of each run lies in it.
# Ends with 1 if a setting has failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:-$HOME/.cache/caldera/rounding}
shift || true
arguments=("$@")
if [[ ! " ${arguments[*]-} " =~ \ (//|:|@) ]]; then arguments+=(//...); fi

# By name, the environment of the tests. It wins over .bazelrc's, which comes
# before it.
settings=(
  'one thread|OMP_NUM_THREADS=1 MKL_NUM_THREADS=1'
  'two threads|OMP_NUM_THREADS=2 MKL_NUM_THREADS=2'
  'ATen AVX2|ATEN_CPU_CAPABILITY=avx2'
  'ATen without AVX|ATEN_CPU_CAPABILITY=default'
  'MKL compatible|MKL_CBWR=COMPATIBLE'
  'oneDNN AVX2|ONEDNN_MAX_CPU_ISA=AVX2'
)

processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
revision=$(git rev-parse --short=12 HEAD)
changes=$(
  git diff --binary HEAD
  git ls-files --others --exclude-standard -z | xargs -0 -r sha256sum
)
key=$revision-$(printf '%s\n' "$changes" "$processor" "${arguments[@]}" |
  sha256sum | cut -c 1-12)
results=$folder/$key
mkdir -p "$results"
[[ -z $changes ]] || revision+=' and changes'
echo "$revision on $processor; results in $results"

table=()
failed=0
for setting in "${settings[@]}"; do
  name=${setting%%|*}
  environment=()
  for variable in ${setting#*|}; do environment+=("--test_env=$variable"); done
  file=$results/${name// /_}
  if [[ ! -f $file.passed ]]; then
    echo "== $name: ${setting#*|}"
    begin=$SECONDS
    code=0
    ./bazelw test --keep_going "${environment[@]}" "${arguments[@]}" 2>&1 |
      tee "$file.log" || code=$?
    # 3: the build is whole and tests have failed. The rest says nothing about
    # them: a source that does not compile, Ctrl-C.
    if ((code != 0 && code != 3)); then
      echo "$name: Bazel ended with $code; start again to go on here" >&2
      exit 1
    fi
    took=$(((SECONDS - begin + 59) / 60))
    if ((code == 0)); then echo "$took" >"$file.passed"; fi
  fi
  if [[ -f $file.passed ]]; then
    table+=("$name|passed|$(<"$file.passed") min")
  else
    failed=1
    names=$(sed -n 's|^\(//[^ ]*\) .*FAILED.*|\1|p;s|^\(//[^ ]*\) .*TIMEOUT.*|\1|p' \
      "$file.log" | sort -u | tr '\n' ' ')
    table+=("$name|FAILED|$names")
  fi
done

echo
printf '%s\n' "${table[@]}" | while IFS='|' read -r name verdict rest; do
  printf '%-18s %-7s %s\n' "$name" "$verdict" "$rest"
done
exit "$failed"
