#include "data/formats/tar/tar_index.h"

#include <initializer_list>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace caldera::data {
namespace {

constexpr absl::string_view kFormat = "caldera tar index ";
constexpr absl::string_view kVersion = "2";
constexpr absl::string_view kEnd = "end";

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::CEscape(text), "\"\n");
}

class Parser {
 public:
  Parser(absl::string_view bytes, absl::string_view name)
      : rest_(bytes), name_(name) {}

  absl::StatusOr<TarIndex> Parse() {
    absl::string_view title = Line();
    if (!absl::ConsumePrefix(&title, kFormat)) return Damaged();
    if (title != kVersion) {
      return absl::UnimplementedError(
          absl::StrCat(name_, ": index of another version"));
    }
    TarIndex index;
    if (!ReadText(index.endings)) return Damaged();
    for (absl::string_view line = Line(); line != kEnd; line = Line()) {
      index.shards.emplace_back();
      if (!ReadShard(line, index.shards.back())) return Damaged();
    }
    return index;
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

  // Reads a line of numbers.
  static bool ReadNumbers(absl::string_view line,
                          std::initializer_list<int64_t*> numbers) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words.size() != numbers.size()) return false;
    size_t i = 0;
    for (int64_t* const number : numbers) {
      if (!absl::SimpleAtoi(words[i++], number)) return false;
    }
    return true;
  }

  // Reads the next line, which is a text in quotes.
  bool ReadText(std::string& text) {
    absl::string_view line = Line();
    return absl::ConsumePrefix(&line, "\"") &&
           absl::ConsumeSuffix(&line, "\"") && absl::CUnescape(line, &text);
  }

  bool ReadShard(absl::string_view line, IndexedShard& shard) {
    TarContents& contents = shard.contents;
    int64_t images = 0, classes = 0, kinds = 0;
    if (!absl::ConsumePrefix(&line, "shard ") ||
        !ReadNumbers(line, {&shard.bytes, &shard.modified_ns, &images, &classes,
                            &kinds}) ||
        !ReadText(shard.name) || !ReadText(contents.damage)) {
      return false;
    }
    for (int64_t i = 0; i < classes; ++i) {
      contents.class_names.emplace_back();
      if (!ReadText(contents.class_names.back())) return false;
    }
    for (int64_t i = 0; i < kinds; ++i) {
      if (!ReadKind(contents.not_read)) return false;
    }
    for (int64_t i = 0; i < images; ++i) {
      if (!ReadSample(shard)) return false;
    }
    return true;
  }

  bool ReadKind(NotRead& not_read) {
    NotRead::Kind kind;
    int64_t paths = 0;
    std::string name;
    if (!ReadNumbers(Line(), {&kind.count, &paths}) || kind.count < 1 ||
        !ReadText(name) || name.empty()) {
      return false;
    }
    for (int64_t i = 0; i < paths; ++i) {
      kind.paths.emplace_back();
      if (!ReadText(kind.paths.back())) return false;
    }
    not_read.Add(name, kind);
    return true;
  }

  bool ReadSample(IndexedShard& shard) {
    TarSample sample;
    int64_t label = 0;
    const int64_t names = shard.contents.class_names.size();
    if (!ReadNumbers(Line(), {&sample.offset, &sample.size, &label}) ||
        sample.offset < 0 || sample.size < 1 || sample.offset > shard.bytes ||
        sample.size > shard.bytes - sample.offset || label < -1 - names ||
        label > kMaxTarLabel) {
      return false;
    }
    sample.label = static_cast<int32_t>(label);
    shard.contents.samples.push_back(sample);
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

std::string TarIndexBytes(const TarIndex& index) {
  std::string bytes =
      absl::StrCat(kFormat, kVersion, "\n", Quoted(index.endings));
  for (const IndexedShard& shard : index.shards) {
    const TarContents& contents = shard.contents;
    absl::StrAppend(&bytes, "shard ", shard.bytes, " ", shard.modified_ns, " ",
                    contents.samples.size(), " ", contents.class_names.size(),
                    " ", contents.not_read.kinds().size(), "\n",
                    Quoted(shard.name), Quoted(contents.damage));
    for (const std::string& name : contents.class_names) {
      absl::StrAppend(&bytes, Quoted(name));
    }
    for (const auto& [name, kind] : contents.not_read.kinds()) {
      absl::StrAppend(&bytes, kind.count, " ", kind.paths.size(), "\n",
                      Quoted(name));
      for (const std::string& path : kind.paths) {
        absl::StrAppend(&bytes, Quoted(path));
      }
    }
    for (const TarSample& sample : contents.samples) {
      absl::StrAppend(&bytes, sample.offset, " ", sample.size, " ",
                      sample.label, "\n");
    }
  }
  return absl::StrCat(bytes, kEnd, "\n");
}

absl::StatusOr<TarIndex> ParseTarIndex(absl::string_view bytes,
                                       absl::string_view name) {
  return Parser(bytes, name).Parse();
}

}  // namespace caldera::data
