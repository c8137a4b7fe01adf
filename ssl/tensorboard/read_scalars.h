// Reads one number back from the event files of a run.
//
//   auto rate = ReadScalars(run + "/tensorboard", "speed/images_per_second");
//
// It serves numbers that depend on the clock, which metrics.jsonl does not
// hold.
#ifndef CALDERA_SSL_TENSORBOARD_READ_SCALARS_H_
#define CALDERA_SSL_TENSORBOARD_READ_SCALARS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace caldera::ssl {

// Returns the values of `tag` by step, from all event files of `folder`, as
// TensorBoard shows them: a resumed run voids the entries of older files from
// its first step on. A record that is cut off or damaged ends its file. The map
// is empty if there is no folder. An error names the file that cannot be read.
absl::StatusOr<std::map<int64_t, double>> ReadScalars(const std::string& folder,
                                                      const std::string& tag);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TENSORBOARD_READ_SCALARS_H_
