#include "data/formats/tar/shard_classes.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/read_file.h"
#include "base/status.h"

namespace caldera::data {
namespace {

using Numbers = std::map<std::string, int64_t>;  // of the names

// Returns "/data/set: in 0.tar the image at byte 512 has class ".
std::string ImageOf(const std::string& root, const IndexedShard& shard,
                    const TarSample& sample) {
  return absl::StrCat(root, ": in ", shard.name, " the image at byte ",
                      sample.offset, " has class ");
}

// What the .cls files hold.
struct Labels {
  int64_t highest = -1;
  std::string a_number;  // an image with one, for messages
  Numbers names;         // not numbered yet
};

void Add(const std::string& root, const std::vector<ReadShard>& shards,
         Labels& labels) {
  for (const ReadShard& shard : shards) {
    if (!shard.status.ok()) continue;
    for (const std::string& name : shard.contents.class_names) {
      labels.names[name] = 0;
    }
    for (const TarSample& sample : shard.contents.samples) {
      if (sample.label <= labels.highest) continue;
      labels.highest = sample.label;
      labels.a_number =
          absl::StrCat(ImageOf(root, shard, sample), sample.label);
    }
  }
}

// Replaces names by their numbers, and refuses what is not below `num_classes`.
absl::Status Apply(const std::string& root, const Numbers& numbers,
                   int64_t num_classes, absl::string_view expected,
                   std::vector<ReadShard>& shards) {
  for (ReadShard& shard : shards) {
    for (TarSample& sample : shard.contents.samples) {
      std::string label = absl::StrCat(sample.label);
      if (sample.label < -1) {
        label = shard.contents.class_names[-2 - sample.label];
        const auto found = numbers.find(label);
        sample.label = found == numbers.end() ? num_classes : found->second;
      }
      if (sample.label < num_classes) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(ImageOf(root, shard, sample), label, ", expected ",
                       expected, "; pack it again with the right class"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListedClasses(
    const std::string& root) {
  const std::string path = absl::StrCat(root, "/classes.txt");
  absl::StatusOr<std::vector<std::string>> lines = base::ReadLines(path);
  if (absl::IsNotFound(lines.status())) return std::vector<std::string>();
  RETURN_IF_ERROR(lines);
  std::vector<std::string> names;
  for (absl::string_view line : *lines) {
    if (names.empty()) absl::ConsumePrefix(&line, "\xef\xbb\xbf");
    names.emplace_back(absl::StripAsciiWhitespace(line));
  }
  while (!names.empty() && names.back().empty()) names.pop_back();
  const auto empty = std::find(names.begin(), names.end(), "");
  if (empty != names.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ":", empty - names.begin() + 1,
        ": an empty line; write the name of the class of that number"));
  }
  return names;
}

absl::StatusOr<std::vector<std::string>> NumberClasses(
    const std::string& root, const std::vector<std::string>& listed,
    int64_t num_classes,
    const std::vector<std::vector<ReadShard>>& other_splits,
    std::vector<ReadShard>& shards) {
  std::vector<std::string> names = listed;
  Numbers numbers;
  std::string expected;
  if (!listed.empty()) {
    for (size_t i = 0; i < listed.size(); ++i) numbers.emplace(listed[i], i);
    expected = absl::StrCat("0 to ", listed.size() - 1,
                            " or a name (lines of classes.txt)");
  } else {
    Labels labels;
    Add(root, shards, labels);
    for (const auto& others : other_splits) Add(root, others, labels);
    if (!labels.names.empty() && labels.highest >= 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          labels.a_number, ", and others have names (",
          labels.names.begin()->first,
          "); write numbers, or list the names in ", root, "/classes.txt"));
    }
    for (auto& [name, number] : labels.names) {
      number = names.size();
      names.push_back(name);
    }
    numbers = std::move(labels.names);
    const int64_t most =
        num_classes > 0 ? num_classes
                        : std::max<int64_t>(names.size(), labels.highest + 1);
    expected = absl::StrCat("0 to ", most - 1);
    while (names.size() < most) names.push_back(absl::StrCat(names.size()));
  }
  RETURN_IF_ERROR(Apply(root, numbers, names.size(), expected, shards));
  return names;
}

}  // namespace caldera::data
