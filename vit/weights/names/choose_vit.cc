#include "vit/weights/names/choose_vit.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace caldera::vit {
namespace {

// The names that a patch embedding has in timm, MAE and DINO; in Hugging Face's
// classes. The third is the class token of open_clip's visual tower, whose
// patch embedding is called conv1, as many other tensors are.
constexpr std::array<absl::string_view, 3> kLandmarks = {
    "patch_embed.proj.weight", "embeddings.patch_embeddings.projection.weight",
    "class_embedding"};

constexpr std::array<absl::string_view, 5> kAveraged = {
    "ema", "teacher", "target", "momentum", "averaged"};
constexpr std::array<absl::string_view, 2> kFollowed = {"student", "online"};

template <size_t n>
bool HasPart(const std::string& prefix,
             const std::array<absl::string_view, n>& parts) {
  for (const absl::string_view part :
       absl::StrSplit(prefix, absl::ByAnyChar("._"))) {
    if (std::find(parts.begin(), parts.end(), part) != parts.end()) return true;
  }
  return false;
}

int Rank(const std::string& prefix) {
  if (HasPart(prefix, kAveraged)) return 0;
  return HasPart(prefix, kFollowed) ? 2 : 1;
}

std::string Shown(absl::string_view prefix) {
  if (prefix.empty()) return "\".\"";
  return absl::StrCat("\"", prefix.substr(0, prefix.size() - 1), "\"");
}

}  // namespace

std::optional<std::string> VitPrefix(absl::string_view name) {
  for (const absl::string_view landmark : kLandmarks) {
    if (!absl::EndsWith(name, landmark)) continue;
    const absl::string_view prefix =
        name.substr(0, name.size() - landmark.size());
    // Hugging Face's CLIP has its class token among "embeddings".
    if (landmark == "class_embedding" &&
        absl::EndsWith(prefix, "embeddings.")) {
      continue;
    }
    if (prefix.empty() || prefix.back() == '.') return std::string(prefix);
  }
  return std::nullopt;
}

absl::StatusOr<VitChoice> ChooseVit(const std::set<std::string>& prefixes,
                                    const std::string& key,
                                    const std::string& file) {
  std::vector<std::string> kept, all;
  for (const std::string& prefix : prefixes) {
    all.push_back(Shown(prefix));
    const bool keeps =
        key.empty() ||
        (key == "." ? prefix.empty()
                    : absl::StrContains(absl::StrCat(".", prefix),
                                        absl::StrCat(".", key, ".")));
    if (keeps) kept.push_back(prefix);
  }
  if (kept.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        file, " holds no ViT under the key \"", key, "\"",
        all.empty()
            ? "; it holds none at all that is known by its names"
            : absl::StrCat("; it holds one under ", absl::StrJoin(all, ", "))));
  }
  const auto order = [](const std::string& prefix) {
    return std::tuple(Rank(prefix), prefix.size(), prefix);
  };
  std::sort(kept.begin(), kept.end(),
            [&](const std::string& a, const std::string& b) {
              return order(a) < order(b);
            });
  VitChoice choice{kept.front(), ""};
  if (kept.size() > 1) {
    choice.note = absl::StrCat("of ", kept.size(), " ViTs in the file ",
                               Shown(kept.front()), " is taken; key chooses ",
                               kept.size() == 2 ? "the other: " : "another: ");
    for (size_t i = 1; i < kept.size(); ++i) {
      absl::StrAppend(&choice.note, i == 1 ? "" : ", ", Shown(kept[i]));
    }
  }
  return choice;
}

}  // namespace caldera::vit
