#include "vit/weights/weights_folder.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/read_file.h"
#include "base/status.h"
#include "vit/weights/safetensors.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kMaxJsonBytes = int64_t{64} << 20;

absl::StatusOr<json> ReadObject(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path, kMaxJsonBytes));
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_object()) return parsed;
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": it is not a JSON object"));
}

// A shard lies beside its index.
bool IsNameOfFile(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         !absl::StrContains(name, '/');
}

}  // namespace

absl::StatusOr<std::string> WeightsFileOf(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  for (const char* name :
       {"encoder.safetensors", "model.safetensors",
        "model.safetensors.index.json", "pytorch_model.bin"}) {
    const fs::path file = fs::path(path) / name;
    if (fs::exists(file, ignored)) return file.string();
  }
  return absl::NotFoundError(absl::StrCat(
      "folder ", path,
      " has no encoder.safetensors, as a run has when its training has "
      "finished, and no model.safetensors, as a checkpoint has"));
}

absl::StatusOr<StateDict> ReadShards(const std::string& index,
                                     std::vector<std::string>* ignored) {
  ASSIGN_OR_RETURN(const json parsed, ReadObject(index));
  const auto map = parsed.find("weight_map");
  if (map == parsed.end() || !map->is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(index, ": weight_map is no object of tensors and files"));
  }
  std::map<std::string, std::set<std::string>> shards;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !IsNameOfFile(file.get<std::string>())) {
      return absl::InvalidArgumentError(absl::StrCat(
          index, ": weight_map names no file beside it for \"", tensor, "\""));
    }
    shards[file.get<std::string>()].insert(tensor);
  }
  StateDict tensors;
  for (const auto& [name, wanted] : shards) {
    const std::string path = fs::path(index).parent_path() / name;
    ASSIGN_OR_RETURN(Safetensors shard, ReadSafetensors(path));
    const std::set<std::string> passed(shard.ignored.begin(),
                                       shard.ignored.end());
    for (const std::string& tensor : wanted) {
      const auto found = shard.tensors.find(tensor);
      if (found != shard.tensors.end()) {
        tensors[tensor] = std::move(found->second);
      } else if (passed.count(tensor) > 0) {
        ignored->push_back(tensor);
      } else {
        return absl::InvalidArgumentError(absl::StrCat(
            path, " lacks the tensor \"", tensor, "\", which ", index,
            " lists; load the folder again from where it came"));
      }
    }
  }
  return tensors;
}

absl::StatusOr<FolderConfig> ConfigBeside(const std::string& path) {
  std::error_code ignored;
  const fs::path file = fs::path(path) / "config.json";
  FolderConfig found;
  if (!fs::is_directory(path, ignored) || !fs::exists(file, ignored)) {
    return found;
  }
  ASSIGN_OR_RETURN(const json config, ReadObject(file));
  const auto heads = config.find("num_attention_heads");
  if (heads != config.end() && heads->is_number_unsigned() &&
      heads->get<uint64_t>() <= 16384) {
    found.num_heads = heads->get<int>();
  }
  const auto eps = config.find("layer_norm_eps");
  if (eps != config.end() && eps->is_number()) {
    found.norm_eps = eps->get<double>();
  }
  return found;
}

}  // namespace caldera::vit
