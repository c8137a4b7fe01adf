// Whatever the lines, the parser returns images and classes with names.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

// In tiny_imagenet.cc.
struct AnnotatedImage {
  std::string image, wnid;
  int64_t line;
};
absl::StatusOr<std::vector<AnnotatedImage>> TinyImagenetAnnotations(
    const std::vector<std::string>& lines, const std::string& path);

}  // namespace caldera::data

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<std::string> lines = absl::StrSplit(
      absl::string_view(reinterpret_cast<const char*>(data), size), '\n');
  const auto annotated = caldera::data::TinyImagenetAnnotations(lines, "input");
  if (!annotated.ok()) {
    if (!absl::StartsWith(annotated.status().message(), "input:")) std::abort();
    return 0;
  }
  for (const caldera::data::AnnotatedImage& one : *annotated) {
    if (one.image.empty() || one.wnid.empty()) std::abort();
    if (one.line < 1 || one.line > static_cast<int64_t>(lines.size())) {
      std::abort();
    }
  }
  return 0;
}
