#include "vit/safetensors.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "vit/replace_file.h"

namespace caldera::vit {
namespace {

using nlohmann::json;

// The format's own limit; a longer header is a damaged or hostile file.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;

struct DtypeName {
  at::ScalarType type;
  const char* name;
};
constexpr DtypeName kDtypes[] = {{at::kFloat, "F32"}, {at::kDouble, "F64"},
                                 {at::kHalf, "F16"},  {at::kBFloat16, "BF16"},
                                 {at::kLong, "I64"},  {at::kInt, "I32"},
                                 {at::kShort, "I16"}, {at::kChar, "I8"},
                                 {at::kByte, "U8"},   {at::kBool, "BOOL"}};

struct Entry {
  std::string name;
  at::ScalarType dtype;
  std::vector<int64_t> shape;
  uint64_t begin, end;
};

absl::Status Damaged(const std::string& file, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(file, " is no valid safetensors file: ", what));
}

bool IsCount(const json& value) { return value.is_number_unsigned(); }

// One entry of the header, with its shape held against its byte range.
absl::StatusOr<Entry> ParseEntry(const std::string& tensor, const json& value,
                                 uint64_t data_size, const std::string& file) {
  const auto damaged = [&](absl::string_view what) {
    return Damaged(file, absl::StrCat("tensor \"", tensor, "\": ", what));
  };
  if (!value.is_object() || !value.contains("dtype") ||
      !value["dtype"].is_string() || !value.contains("shape") ||
      !value["shape"].is_array() || !value.contains("data_offsets") ||
      !value["data_offsets"].is_array() || value["data_offsets"].size() != 2) {
    return damaged("needs dtype, shape and data_offsets [begin, end]");
  }
  const std::string dtype = value["dtype"].get<std::string>();
  const auto known =
      std::find_if(std::begin(kDtypes), std::end(kDtypes),
                   [&](const DtypeName& d) { return dtype == d.name; });
  if (known == std::end(kDtypes)) {
    return damaged(absl::StrCat("dtype \"", dtype, "\" is not supported"));
  }
  uint64_t bytes = c10::elementSize(known->type);
  Entry entry{tensor, known->type, {}, 0, 0};
  for (const json& extent : value["shape"]) {
    if (!IsCount(extent)) return damaged("shape holds a value that is no size");
    const auto size = extent.get<uint64_t>();
    if (size > (uint64_t{1} << 62) ||
        __builtin_mul_overflow(bytes, size, &bytes)) {
      return damaged("shape overflows");
    }
    entry.shape.push_back(static_cast<int64_t>(size));
  }
  for (const json& offset : value["data_offsets"]) {
    if (!IsCount(offset)) return damaged("data_offsets holds no valid offset");
  }
  entry.begin = value["data_offsets"][0].get<uint64_t>();
  entry.end = value["data_offsets"][1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > data_size) {
    return damaged(absl::StrCat("data_offsets [", entry.begin, ", ", entry.end,
                                "] lie outside the ", data_size,
                                " bytes of data"));
  }
  if (entry.end - entry.begin != bytes) {
    return damaged(absl::StrCat("shape needs ", bytes,
                                " bytes, data_offsets give ",
                                entry.end - entry.begin));
  }
  return entry;
}

}  // namespace

absl::StatusOr<Safetensors> ParseSafetensors(absl::string_view bytes,
                                             const std::string& name) {
  uint64_t header_size = 0;
  if (bytes.size() < sizeof(header_size)) {
    return Damaged(name, absl::StrCat("only ", bytes.size(), " bytes"));
  }
  std::memcpy(&header_size, bytes.data(), sizeof(header_size));
  bytes.remove_prefix(sizeof(header_size));
  if (header_size > kMaxHeaderBytes || header_size > bytes.size()) {
    return Damaged(name, absl::StrCat("the header should have ", header_size,
                                      " bytes, the file has ", bytes.size()));
  }
  const json header = json::parse(bytes.begin(), bytes.begin() + header_size,
                                  nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return Damaged(name, "the header is no JSON object");
  bytes.remove_prefix(header_size);

  Safetensors out;
  std::vector<Entry> entries;
  for (const auto& [key, value] : header.items()) {
    if (key == "__metadata__") {
      if (!value.is_object()) return Damaged(name, "__metadata__ is no object");
      for (const auto& [k, v] : value.items()) {
        if (!v.is_string()) {
          return Damaged(name,
                         absl::StrCat("__metadata__ \"", k, "\" is no string"));
        }
        out.metadata[k] = v.get<std::string>();
      }
      continue;
    }
    absl::StatusOr<Entry> entry = ParseEntry(key, value, bytes.size(), name);
    if (!entry.ok()) return entry.status();
    entries.push_back(*std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  uint64_t expected = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != expected) {
      return Damaged(
          name,
          absl::StrCat("tensor \"", entry.name, "\" begins at ", entry.begin,
                       " where ", expected, " was expected: overlap or hole"));
    }
    expected = entry.end;
    at::Tensor tensor = at::empty(entry.shape, entry.dtype);
    if (entry.end > entry.begin) {
      std::memcpy(tensor.data_ptr(), bytes.data() + entry.begin,
                  entry.end - entry.begin);
    }
    out.tensors[entry.name] = tensor;
  }
  if (expected != bytes.size()) {
    return Damaged(name, absl::StrCat(bytes.size() - expected,
                                      " bytes after the last tensor"));
  }
  return out;
}

absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  const std::streamoff size = file.tellg();
  std::string bytes(size > 0 ? static_cast<size_t>(size) : 0, '\0');
  file.seekg(0);
  if (size < 0 || !file.read(bytes.data(), size)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  }
  return ParseSafetensors(bytes, path);
}

absl::Status WriteSafetensors(const std::string& path,
                              const Safetensors& file) {
  // The official writer puts large alignments first; one alignment of 8 for
  // the header and the map's order serve every reader.
  json header = json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::vector<at::Tensor> contiguous;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    const auto dtype = std::find_if(
        std::begin(kDtypes), std::end(kDtypes),
        [&](const DtypeName& d) { return tensor.scalar_type() == d.type; });
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
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t header_size = text.size();
  std::vector<absl::string_view> pieces = {
      {reinterpret_cast<const char*>(&header_size), sizeof(header_size)}, text};
  for (const at::Tensor& tensor : contiguous) {
    if (tensor.nbytes() == 0) continue;
    pieces.emplace_back(static_cast<const char*>(tensor.const_data_ptr()),
                        tensor.nbytes());
  }
  return ReplaceFile(path, pieces);
}

}  // namespace caldera::vit
