#include "vit/safetensors.h"

#include <ATen/ops/empty.h>
#include <glog/logging.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "vit/replace_file.h"
#include "vit/safetensors_header.h"

namespace caldera::vit {
namespace {

using nlohmann::json;

constexpr char kMetadataKey[] = "__metadata__";

struct DtypeName {
  at::ScalarType type;
  const char* name;
};
constexpr DtypeName kDtypes[] = {{at::kFloat, "F32"}, {at::kDouble, "F64"},
                                 {at::kHalf, "F16"},  {at::kBFloat16, "BF16"},
                                 {at::kLong, "I64"},  {at::kInt, "I32"},
                                 {at::kShort, "I16"}, {at::kChar, "I8"},
                                 {at::kByte, "U8"},   {at::kBool, "BOOL"}};

}  // namespace

absl::StatusOr<Safetensors> ParseSafetensors(absl::string_view bytes,
                                             const std::string& name) {
  absl::StatusOr<SafetensorsHeader> header =
      ParseSafetensorsHeader(bytes, name);
  if (!header.ok()) return header.status();
  Safetensors out;
  out.metadata = std::move(header->metadata);
  for (const SafetensorsEntry& entry : header->entries) {
    const auto dtype =
        std::find_if(std::begin(kDtypes), std::end(kDtypes),
                     [&](const DtypeName& d) { return entry.dtype == d.name; });
    CHECK(dtype != std::end(kDtypes)) << entry.dtype;
    CHECK_EQ(c10::elementSize(dtype->type), entry.element_size) << entry.dtype;
    at::Tensor tensor = at::empty(entry.shape, dtype->type);
    if (entry.end > entry.begin) {
      std::memcpy(tensor.data_ptr(), header->data.data() + entry.begin,
                  entry.end - entry.begin);
    }
    out.tensors[entry.name] = tensor;
  }
  return out;
}

absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  // A folder opens too; its size is then nonsense.
  std::error_code ignored;
  const std::streamoff size = std::filesystem::is_directory(path, ignored)
                                  ? -1
                                  : std::streamoff{file.tellg()};
  std::string bytes(size > 0 ? static_cast<size_t>(size) : 0, '\0');
  file.seekg(0);
  if (size < 0 || !file.read(bytes.data(), size)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  }
  return ParseSafetensors(bytes, path);
}

absl::StatusOr<SafetensorsLayout> LayOutSafetensors(const std::string& path,
                                                    const Safetensors& file) {
  // The official writer puts large alignments first; one alignment of 8 for
  // the header and the map's order serve every reader.
  json header = json::object();
  if (!file.metadata.empty()) header[kMetadataKey] = file.metadata;
  SafetensorsLayout layout;
  std::vector<at::Tensor>& contiguous = layout.tensors;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    if (name == kMetadataKey) {
      return absl::InvalidArgumentError(absl::StrCat(
          "safetensors cannot hold a tensor named \"", name, "\""));
    }
    const auto dtype =
        std::find_if(std::begin(kDtypes), std::end(kDtypes),
                     [type = tensor.scalar_type()](const DtypeName& d) {
                       return type == d.type;
                     });
    if (dtype == std::end(kDtypes)) {
      return absl::InvalidArgumentError(
          absl::StrCat("safetensors cannot hold the type of \"", name, "\""));
    }
    contiguous.push_back(tensor.detach().cpu().contiguous());
    const uint64_t end = offset + contiguous.back().nbytes();
    header[name] = {{"dtype", dtype->name},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const json::type_error&) {  // dump() has no other way to say so
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a tensor's name or the metadata is not UTF-8"));
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t header_size = text.size();
  layout.header.assign(reinterpret_cast<const char*>(&header_size),
                       sizeof(header_size));
  layout.header += text;
  return layout;
}

absl::string_view TensorBytes(const at::Tensor& tensor) {
  if (tensor.nbytes() == 0) return {};
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

absl::Status WriteSafetensors(const std::string& path,
                              const Safetensors& file) {
  const absl::StatusOr<SafetensorsLayout> layout =
      LayOutSafetensors(path, file);
  if (!layout.ok()) return layout.status();
  std::vector<absl::string_view> pieces = {layout->header};
  for (const at::Tensor& tensor : layout->tensors) {
    pieces.push_back(TensorBytes(tensor));
  }
  return ReplaceFile(path, pieces);
}

}  // namespace caldera::vit
