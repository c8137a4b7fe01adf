// Writes event files for TensorBoard: scalars, histograms, images.
//
//   absl::StatusOr<EventFile> events = EventFile::Create(folder, /*step=*/0);
//   events->Scalars(step, {{"loss", 0.3}, {"lr", 1e-3}});
//   events->ImagePng(step, "reconstructions", png, width, height, 3);
//   events->Flush();
//
// Each start of a run has a file of its own. Its first entry voids the entries
// of older files from its first step on, so that a resumed run shows one curve.
// Records are TFRecords, each with the checksums of its length and data.
//
// Caveats: not thread-safe. A full disk shows at Flush.
#ifndef CALDERA_SSL_TENSORBOARD_EVENT_FILE_H_
#define CALDERA_SSL_TENSORBOARD_EVENT_FILE_H_

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssl/tensorboard/event.pb.h"

namespace caldera::ssl {

class EventFile {
 public:
  // Creates a file in `folder`, and the folder if it is missing, for a run that
  // starts (again) after `step` steps. An error names the file.
  static absl::StatusOr<EventFile> Create(const std::string& folder,
                                          int64_t step);

  void Scalars(int64_t step,
               const std::vector<std::pair<std::string, double>>& values);
  // Writes the distribution of finite `values` in 30 bins of equal width, and
  // nothing if there are none.
  void Histogram(int64_t step, const std::string& tag,
                 const std::vector<double>& values);
  // `png`: an encoded picture of that size.
  void ImagePng(int64_t step, const std::string& tag, absl::string_view png,
                int width, int height, int channels);

  // Everything written so far is in the file when this returns OK.
  absl::Status Flush();

 private:
  EventFile() = default;
  void Write(tensorboard::Event event);

  std::string path_;
  std::ofstream file_;
};

// Returns the CRC-32C (Castagnoli) of `data`, as in RFC 3720.
uint32_t Crc32c(absl::string_view data);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TENSORBOARD_EVENT_FILE_H_
