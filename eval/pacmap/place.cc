// Places the features of a file in the plane by PaCMAP. See kUsage.
#include <gflags/gflags.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/program/command_line.h"
#include "base/status.h"
#include "base/user_path.h"
#include "eval/pacmap/pacmap.h"
#include "vit/weights/safetensors.h"

DEFINE_string(features, "", "a safetensors file with a tensor `features`");
DEFINE_string(out, "", "the safetensors file to write");
DEFINE_int32(neighbours, 0, "near partners of a point; 0: by their number");
DEFINE_uint64(seed, 0, "seed of the random pairs");

namespace caldera::eval {
namespace {

constexpr char kUsage[] =
    R"(place: places the features of a file in the plane, by PaCMAP

usage: place --features=FILE --out=FILE [flags]

  --features=FILE  safetensors with `features` [N, D], as //:embed writes it
                   and //:probe --task=features, or any other program
  --out=FILE       safetensors with `plane` [N, 2], and all other tensors of
                   the first file as they are (labels, index)
  --neighbours=0   near partners of a point; 0: by the number of points
  --seed=0         seed of the random pairs
  --threads=0      threads for arithmetic; 0: one for each core

Prints the seconds that the placing took. //:figures draws such a picture of a
run in one go.
Exit status 2: something to mend in the call; 1: a failure.
)";

absl::Status Place() {
  if (FLAGS_features.empty() || FLAGS_out.empty()) {
    return absl::InvalidArgumentError(
        "--features and --out are both needed; see --help");
  }
  RETURN_IF_ERROR(base::SetUpCompute());
  const std::string path = base::UserPath(FLAGS_features);
  ASSIGN_OR_RETURN(auto file, vit::ReadSafetensors(path));
  const auto features = file.tensors.find("features");
  if (features == file.tensors.end() || !features->second.is_floating_point()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " has no floating-point tensor `features` of shape [N, D]"));
  }
  PacmapOptions options;
  options.neighbours = FLAGS_neighbours;
  options.seed = FLAGS_seed;
  const auto start = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const at::Tensor plane,
                   base::About(path, Pacmap(features->second, options)));
  const std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  file.tensors.erase(features);
  file.tensors["plane"] = plane;
  std::printf("%.3f s\n", seconds.count());
  return vit::WriteSafetensors(base::UserPath(FLAGS_out), file);
}

int Main() {
  const absl::Status status = Place();
  return status.ok() ? 0 : base::Fail(status);
}

}  // namespace
}  // namespace caldera::eval

int main(int argc, char** argv) {
  return caldera::base::RunProgram(caldera::eval::kUsage, argc, argv,
                                   caldera::eval::Main);
}
