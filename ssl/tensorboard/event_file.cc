#include "ssl/tensorboard/event_file.h"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace caldera::ssl {
namespace {

constexpr int kBins = 30;

std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
    }
    table[byte] = crc;
  }
  return table;
}

// TFRecord masks its checksums: a checksum of data that holds checksums would
// be weak.
uint32_t Masked(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

template <typename Number>
std::string LittleEndian(Number value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(value); ++i) {
    bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  }
  return bytes;
}

double Now() {
  return std::chrono::duration<double>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

absl::Status WriteError(const std::string& path) {
  return absl::DataLossError(absl::StrCat(path, ": cannot be written (",
                                          std::strerror(errno),
                                          "); is the disk full?"));
}

}  // namespace

uint32_t Crc32c(absl::string_view data) {
  static const std::array<uint32_t, 256> table = MakeCrcTable();
  uint32_t crc = ~uint32_t{0};
  for (const char c : data) {
    crc = (crc >> 8) ^ table[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  }
  return ~crc;
}

absl::StatusOr<EventFile> EventFile::Create(const std::string& folder,
                                            int64_t step) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, ": cannot be made (", error.message(), ")"));
  }
  char host[256] = "host";
  gethostname(host, sizeof(host) - 1);
  EventFile events;
  // TensorBoard reads the files of a folder in the order of their names.
  const double now = Now();
  events.path_ = absl::StrFormat(
      "%s/events.out.tfevents.%010d.%06d.%s.%d", folder,
      static_cast<int64_t>(now),
      static_cast<int64_t>((now - std::floor(now)) * 1e6), host, getpid());
  events.file_.open(events.path_, std::ios::binary | std::ios::trunc);
  if (!events.file_) return WriteError(events.path_);
  tensorboard::Event version;
  version.set_file_version("brain.Event:2");
  events.Write(std::move(version));
  tensorboard::Event start;
  start.set_step(step + 1);
  start.mutable_session_log()->set_status(tensorboard::SessionLog::START);
  events.Write(std::move(start));
  return events;
}

void EventFile::Write(tensorboard::Event event) {
  event.set_wall_time(Now());
  const std::string data = event.SerializeAsString();
  const std::string length = LittleEndian(static_cast<uint64_t>(data.size()));
  file_ << length << LittleEndian(Masked(Crc32c(length))) << data
        << LittleEndian(Masked(Crc32c(data)));
}

void EventFile::Scalars(
    int64_t step, const std::vector<std::pair<std::string, double>>& values) {
  tensorboard::Event event;
  event.set_step(step);
  for (const auto& [tag, value] : values) {
    tensorboard::Summary::Value* entry = event.mutable_summary()->add_value();
    entry->set_tag(tag);
    entry->set_simple_value(static_cast<float>(value));
  }
  Write(std::move(event));
}

void EventFile::Histogram(int64_t step, const std::string& tag,
                          const std::vector<double>& values) {
  std::vector<double> finite;
  for (const double value : values) {
    if (std::isfinite(value)) finite.push_back(value);
  }
  if (finite.empty()) return;
  const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
  const double width = *high > *low ? (*high - *low) / kBins : 1;
  tensorboard::Event event;
  event.set_step(step);
  tensorboard::Summary::Value* entry = event.mutable_summary()->add_value();
  entry->set_tag(tag);
  tensorboard::Histogram& histogram = *entry->mutable_histo();
  histogram.set_min(*low);
  histogram.set_max(*high);
  histogram.set_num(static_cast<double>(finite.size()));
  std::array<double, kBins> counts{};
  double sum = 0, squares = 0;
  for (const double value : finite) {
    sum += value;
    squares += value * value;
    ++counts[std::min(kBins - 1, static_cast<int>((value - *low) / width))];
  }
  histogram.set_sum(sum);
  histogram.set_sum_squares(squares);
  for (int bin = 0; bin < kBins; ++bin) {
    histogram.add_bucket_limit(*low + (bin + 1) * width);
    histogram.add_bucket(counts[bin]);
  }
  Write(std::move(event));
}

void EventFile::ImagePng(int64_t step, const std::string& tag,
                         absl::string_view png, int width, int height,
                         int channels) {
  tensorboard::Event event;
  event.set_step(step);
  tensorboard::Summary::Value* entry = event.mutable_summary()->add_value();
  entry->set_tag(tag);
  tensorboard::Summary::Image& image = *entry->mutable_image();
  image.set_width(width);
  image.set_height(height);
  image.set_colorspace(channels);
  image.set_encoded_image_string(std::string(png));
  Write(std::move(event));
}

absl::Status EventFile::Flush() {
  file_.flush();
  return file_ ? absl::OkStatus() : WriteError(path_);
}

}  // namespace caldera::ssl
