#include "eval/embed/embed_record.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "vit/state_dict.h"
#include "vit/weights/safetensors.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

constexpr int64_t kMaxBytes = 1 << 24;

// FNV-1a over words of 8 bytes: a ViT-H has gigabytes.
void Mix(absl::string_view bytes, uint64_t& hash) {
  while (!bytes.empty()) {
    uint64_t word = bytes.size();
    const size_t size = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), size);
    hash = (hash ^ word) * 0x100000001b3;
    hash ^= hash >> 29;
    bytes.remove_prefix(size);
  }
}

}  // namespace

absl::StatusOr<std::optional<EmbedRecord>> ReadRecord(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path, kMaxBytes));
  const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  EmbedRecord record;
  try {
    record.call = value.at("call");
    record.from = value.at("from");
    record.images = value.at("images");
    record.rows = value.at("rows");
    record.feature_bytes = value.at("feature_bytes");
    record.row_bytes = value.at("row_bytes");
    record.last = value.at("last");
    record.complete = value.at("complete");
  } catch (const json::exception&) {
    return absl::DataLossError(absl::StrCat(
        path,
        ": is no record of //:embed; remove it, or choose another --out"));
  }
  return record;
}

absl::Status WriteRecord(const std::string& path, const EmbedRecord& record) {
  const json value = {{"call", record.call},
                      {"from", record.from},
                      {"images", record.images},
                      {"rows", record.rows},
                      {"feature_bytes", record.feature_bytes},
                      {"row_bytes", record.row_bytes},
                      {"last", record.last},
                      {"complete", record.complete}};
  return base::ReplaceFile(path, {base::JsonText(value, 1), "\n"});
}

std::string DifferenceOf(const json& there, const json& here) {
  std::set<std::string> names;
  for (const json& call : {there, here}) {
    for (const auto& [name, value] : call.items()) names.insert(name);
  }
  std::vector<std::string> differences;
  for (const std::string& name : names) {
    const json a = there.value(name, json()), b = here.value(name, json());
    if (a == b) continue;
    differences.push_back(absl::StrCat(name, " is ", base::JsonText(a),
                                       " there and ", base::JsonText(b),
                                       " here"));
  }
  return absl::StrJoin(differences, ", ");
}

std::string WeightsDigest(const vit::Encoder& encoder) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const auto& [name, tensor] : vit::GetStateDict(encoder)) {
    Mix(name, hash);
    for (const int64_t size : tensor.sizes()) Mix(absl::StrCat(size), hash);
    Mix(vit::TensorBytes(tensor.cpu().contiguous()), hash);
  }
  return absl::StrFormat("%016x", hash);
}

}  // namespace caldera::eval
