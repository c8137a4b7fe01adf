#include "vit/weights/safetensors.h"

#include <c10/util/strides.h>
#include <glog/logging.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "vit/weights/dtype_name.h"
#include "vit/weights/mapped_tensor.h"
#include "vit/weights/safetensors_header.h"

namespace caldera::vit {
namespace {

using nlohmann::json;

constexpr char kMetadataKey[] = "__metadata__";

absl::StatusOr<Safetensors> Parse(
    absl::string_view bytes, const std::string& name,
    const std::shared_ptr<const base::MappedFile>& file) {
  ASSIGN_OR_RETURN(SafetensorsHeader header,
                   ParseSafetensorsHeader(bytes, name));
  Safetensors out;
  out.metadata = std::move(header.metadata);
  for (const SafetensorsEntry& entry : header.entries) {
    if (entry.element_size == 0) {
      out.ignored.push_back(entry.name);
      continue;
    }
    const std::optional<at::ScalarType> type = DtypeNamed(entry.dtype);
    CHECK(type.has_value()) << entry.dtype;
    CHECK_EQ(c10::elementSize(*type), entry.element_size) << entry.dtype;
    out.tensors[entry.name] = MappedTensor(
        header.data.substr(entry.begin, entry.end - entry.begin), entry.shape,
        c10::contiguous_strides(entry.shape), *type, file);
  }
  return out;
}

}  // namespace

absl::StatusOr<Safetensors> ParseSafetensors(absl::string_view bytes,
                                             const std::string& name) {
  return Parse(bytes, name, nullptr);
}

absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const base::MappedFile> file,
                   base::MappedFile::Open(path));
  return ReadSafetensors(file, path);
}

absl::StatusOr<Safetensors> ReadSafetensors(
    const std::shared_ptr<const base::MappedFile>& file,
    const std::string& path) {
  return Parse(file->bytes(), path, file);
}

absl::StatusOr<SafetensorsLayout> LayOutSafetensors(const std::string& path,
                                                    const Safetensors& file) {
  // The official writer puts large alignments first; a header aligned to 8
  // bytes and the order of the map suffice for every reader.
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
    const absl::string_view dtype = DtypeName(tensor.scalar_type());
    if (dtype.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("safetensors cannot hold the type of \"", name, "\""));
    }
    contiguous.push_back(tensor.detach().cpu().contiguous());
    const uint64_t end = offset + contiguous.back().nbytes();
    header[name] = {{"dtype", std::string(dtype)},
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
  ASSIGN_OR_RETURN(const SafetensorsLayout layout,
                   LayOutSafetensors(path, file));
  std::vector<absl::string_view> pieces = {layout.header};
  for (const at::Tensor& tensor : layout.tensors) {
    pieces.push_back(TensorBytes(tensor));
  }
  return base::ReplaceFile(path, pieces);
}

}  // namespace caldera::vit
