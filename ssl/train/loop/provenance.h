// Describes what produced a run, provenance.json in its folder.
//
//   WriteProvenance(folder.Path("provenance.json"), device, start);
//   // {"revision": ..., "start": {...}, "starts": [{"time": ..., ...}, ...]}
//
// The file describes the machine and the program of the last start; `starts`
// has a line for each start of the run, `start` tells what became of the
// weights that it began with.
#ifndef CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_
#define CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "vit/weights/start_weights.h"

namespace caldera::ssl {

// Returns the source revision (if the user's folder is a git checkout), the
// versions of LibTorch and the compiler, device, processor, threads and
// OpenMP's policy; name and driver of a GPU. A value that cannot be found out
// is "unknown".
nlohmann::json Provenance(const at::Device& device);

// One start of the program on a run.
struct ProgramStart {
  std::string command;               // as it was typed
  int64_t step = 0;                  // from which it trains
  int64_t processes = 1;             // that train together
  std::vector<std::string> changes;  // of the experiment, in words
  // What became of the start weights; a run that goes on has not read them.
  std::optional<vit::StartReport> weights;
};

// Writes the file at `path` anew. Of an earlier file it keeps what became of
// the start weights and the newest 99 starts; an earlier file that cannot be
// read counts as none. Internal if it cannot be written.
absl::Status WriteProvenance(const std::string& path, const at::Device& device,
                             const ProgramStart& start);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_
