#include "ssl/tensorboard/read_scalars.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ssl/tensorboard/event.pb.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using tensorboard::Event;

constexpr size_t kLengthBytes = 8, kChecksumBytes = 4;
constexpr uint64_t kLongestRecord = uint64_t{1} << 28;  // far above a picture

// Reads one TFRecord into `event`. Returns false at the end or if the record is
// incomplete.
bool ReadEvent(std::istream& file, Event* event) {
  char head[kLengthBytes + kChecksumBytes];
  if (!file.read(head, sizeof(head))) return false;
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<uint64_t>(static_cast<uint8_t>(head[i])) << (8 * i);
  }
  if (length > kLongestRecord) return false;
  std::string data(length + kChecksumBytes, '\0');
  if (!file.read(data.data(), static_cast<std::streamsize>(data.size()))) {
    return false;
  }
  data.resize(length);
  return event->ParseFromString(data);
}

void AddEvent(const Event& event, const std::string& tag,
              std::map<int64_t, double>* values) {
  if (event.session_log().status() == tensorboard::SessionLog::START) {
    values->erase(values->lower_bound(event.step()), values->end());
  }
  for (const auto& value : event.summary().value()) {
    if (value.tag() == tag &&
        value.value_case() == tensorboard::Summary::Value::kSimpleValue) {
      (*values)[event.step()] = value.simple_value();
    }
  }
}

}  // namespace

absl::StatusOr<std::map<int64_t, double>> ReadScalars(const std::string& folder,
                                                      const std::string& tag) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string path = entry.path().string();
    if (path.find("tfevents") != std::string::npos) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());  // their names begin with the time
  std::map<int64_t, double> values;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    if (!file.is_open()) {
      return absl::InternalError(
          absl::StrCat(path, ": cannot read: ", std::strerror(errno)));
    }
    for (Event event; ReadEvent(file, &event);) AddEvent(event, tag, &values);
  }
  return values;
}

}  // namespace caldera::ssl
