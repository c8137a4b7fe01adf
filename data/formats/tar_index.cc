#include "data/formats/tar_index.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace caldera::data {
namespace {

constexpr absl::string_view kTitle = "caldera tar index 1";
constexpr absl::string_view kEnd = "end";

class Parser {
 public:
  Parser(absl::string_view bytes, absl::string_view name)
      : rest_(bytes), name_(name) {}

  absl::StatusOr<std::vector<IndexedShard>> Parse() {
    std::vector<IndexedShard> shards;
    if (Line() != kTitle) return Damaged();
    for (absl::string_view line = Line(); line != kEnd; line = Line()) {
      IndexedShard shard;
      int64_t images = 0;
      const std::vector<absl::string_view> words =
          absl::StrSplit(line, absl::MaxSplits(' ', 4));
      if (words.size() != 5 || words[0] != "shard" ||
          !absl::SimpleAtoi(words[1], &shard.bytes) ||
          !absl::SimpleAtoi(words[2], &shard.modified_ns) ||
          !absl::SimpleAtoi(words[3], &images)) {
        return Damaged();
      }
      shard.name = std::string(words[4]);
      for (int64_t i = 0; i < images; ++i) {
        if (!AddSample(Line(), shard)) return Damaged();
      }
      shards.push_back(std::move(shard));
    }
    return shards;
  }

 private:
  // Returns the next line; "" (never a valid line) if the text ends or the line
  // is cut off.
  absl::string_view Line() {
    ++number_;
    const size_t end = rest_.find('\n');
    if (end == absl::string_view::npos) return "";
    const absl::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

  static bool AddSample(absl::string_view line, IndexedShard& shard) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    TarSample sample;
    if (words.size() != 3 || !absl::SimpleAtoi(words[0], &sample.offset) ||
        !absl::SimpleAtoi(words[1], &sample.size) ||
        !absl::SimpleAtoi(words[2], &sample.label) || sample.offset < 0 ||
        sample.size < 1 || sample.offset > shard.bytes ||
        sample.size > shard.bytes - sample.offset || sample.label < -1 ||
        sample.label > kMaxTarLabel) {
      return false;
    }
    shard.samples.push_back(sample);
    return true;
  }

  absl::Status Damaged() const {
    return absl::DataLossError(absl::StrCat(
        name_, ":", number_, ": no index of shards; delete the file"));
  }

  absl::string_view rest_;
  const absl::string_view name_;
  int64_t number_ = 0;  // of the line
};

}  // namespace

std::string TarIndexBytes(const std::vector<IndexedShard>& shards) {
  std::string bytes = absl::StrCat(kTitle, "\n");
  for (const IndexedShard& shard : shards) {
    absl::StrAppend(&bytes, "shard ", shard.bytes, " ", shard.modified_ns, " ",
                    shard.samples.size(), " ", shard.name, "\n");
    for (const TarSample& sample : shard.samples) {
      absl::StrAppend(&bytes, sample.offset, " ", sample.size, " ",
                      sample.label, "\n");
    }
  }
  return absl::StrCat(bytes, kEnd, "\n");
}

absl::StatusOr<std::vector<IndexedShard>> ParseTarIndex(
    absl::string_view bytes, absl::string_view name) {
  return Parser(bytes, name).Parse();
}

}  // namespace caldera::data
