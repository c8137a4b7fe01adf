#include "data/formats/folder_names.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace caldera::data {
namespace {

constexpr char kBetween[] = " _-.";

constexpr std::pair<absl::string_view, Split> kWords[] = {
    {"train", Split::kTrain},
    {"training", Split::kTrain},
    {"val", Split::kValidation},
    {"valid", Split::kValidation},
    {"validation", Split::kValidation},
    {"dev", Split::kValidation},
    {"eval", Split::kValidation},
    {"evaluation", Split::kValidation},
    {"test", Split::kTest},
    {"testing", Split::kTest},
    {"unlabeled", Split::kUnlabeled},
    {"unlabelled", Split::kUnlabeled}};

// Removes blanks and their like at the end.
void StripBetween(absl::string_view& text) {
  text = text.substr(0, text.find_last_not_of(kBetween) + 1);
}

bool ConsumeYear(absl::string_view& text) {
  const size_t begin = text.size() < 4 ? 0 : text.size() - 4;
  const absl::string_view year = text.substr(begin);
  const bool is_year =
      year.size() == 4 &&
      (absl::StartsWith(year, "19") || absl::StartsWith(year, "20")) &&
      std::all_of(year.begin(), year.end(), absl::ascii_isdigit) &&
      (begin == 0 || !absl::ascii_isdigit(text[begin - 1]));
  if (is_year) text = text.substr(0, begin);
  return is_year;
}

// Removes the sizes of Places365: "val_256", "test_large".
bool ConsumeSize(absl::string_view& text) {
  return absl::ConsumeSuffix(&text, "_256") ||
         absl::ConsumeSuffix(&text, "_large");
}

// Removes what says nothing more of a split: "train_images_2012".
void StripRest(absl::string_view& text) {
  for (bool more = true; more;) {
    StripBetween(text);
    more = ConsumeYear(text) || ConsumeSize(text);
    for (const char* word : {"dataset", "data", "set", "split", "images",
                             "image", "imgs", "img", "folder", "jpg", "png"}) {
      more = more || absl::ConsumeSuffix(&text, word);
    }
  }
}

bool IsOneOf(absl::string_view name,
             std::initializer_list<absl::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](absl::string_view word) {
    return absl::EqualsIgnoreCase(name, word);
  });
}

}  // namespace

std::optional<Split> SplitOfWord(absl::string_view word) {
  for (const auto& [name, split] : kWords) {
    if (word == name) return split;
  }
  return std::nullopt;
}

std::optional<NamedSplit> SplitOfName(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  if (lower == "data_256" || lower == "data_large") {  // Places365's
    return NamedSplit{Split::kTrain, "", /*exact=*/false};
  }
  absl::string_view text = lower;
  StripRest(text);
  const size_t end = text.find_last_of(kBetween);
  const absl::string_view last =
      end == absl::string_view::npos ? text : text.substr(end + 1);
  const std::optional<Split> split = SplitOfWord(last);
  if (!split.has_value()) return std::nullopt;
  absl::string_view before = text.substr(0, text.size() - last.size());
  StripBetween(before);
  return NamedSplit{*split, std::string(before), lower == last};
}

bool SaysImages(absl::string_view name) {
  return IsOneOf(
      name, {"image", "images", "img", "imgs", "photo", "photos", "picture",
             "pictures", "jpegimages", "jpg", "jpeg", "png", "frames", "data"});
}

bool SaysLabels(absl::string_view name) {
  return IsOneOf(name, {"label", "labels", "mask", "masks", "annotation",
                        "annotations", "segmentation", "segmentations",
                        "segmentationclass", "segmentationobject", "trimaps",
                        "gt", "groundtruth", "ground_truth"});
}

}  // namespace caldera::data
