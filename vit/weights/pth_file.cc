#include "vit/weights/pth_file.h"

#include <glog/logging.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "vit/weights/dtype_name.h"
#include "vit/weights/mapped_tensor.h"
#include "vit/weights/pth_index.h"
#include "vit/weights/zip_writer.h"

namespace caldera::vit {
namespace {

struct StorageClass {
  absl::string_view dtype, name;
};
constexpr StorageClass kClasses[] = {
    {"F32", "FloatStorage"}, {"F64", "DoubleStorage"},
    {"F16", "HalfStorage"},  {"BF16", "BFloat16Storage"},
    {"I64", "LongStorage"},  {"I32", "IntStorage"},
    {"I16", "ShortStorage"}, {"I8", "CharStorage"},
    {"U8", "ByteStorage"},   {"BOOL", "BoolStorage"}};

template <typename T>
void Append(T number, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(&number), sizeof(number));
}

// Appends BINUNICODE.
void AppendText(absl::string_view text, std::string* pickle) {
  pickle->push_back('X');
  Append(static_cast<uint32_t>(text.size()), pickle);
  absl::StrAppend(pickle, text);
}

// Appends BININT, or LONG1 of eight bytes.
void AppendInteger(int64_t value, std::string* pickle) {
  if (value <= std::numeric_limits<int32_t>::max()) {
    pickle->push_back('J');
    Append(static_cast<int32_t>(value), pickle);
  } else {
    pickle->append("\x8a\x08");
    Append(value, pickle);
  }
}

void AppendTuple(at::IntArrayRef values, std::string* pickle) {
  pickle->push_back('(');
  for (const int64_t value : values) AppendInteger(value, pickle);
  pickle->push_back('t');
}

constexpr char kOrderedDict[] = "ccollections\nOrderedDict\n)R";

// Appends the call _rebuild_tensor_v2(persistent id, offset, size, stride,
// requires_grad, backward_hooks).
void AppendTensor(const at::Tensor& tensor, absl::string_view storage_class,
                  absl::string_view key, std::string* pickle) {
  absl::StrAppend(pickle, "ctorch._utils\n_rebuild_tensor_v2\n((");
  AppendText("storage", pickle);
  absl::StrAppend(pickle, "ctorch\n", storage_class, "\n");
  AppendText(key, pickle);
  AppendText("cpu", pickle);
  AppendInteger(tensor.numel(), pickle);
  absl::StrAppend(pickle, "tQ");
  AppendInteger(0, pickle);
  AppendTuple(tensor.sizes(), pickle);
  AppendTuple(tensor.strides(), pickle);
  absl::StrAppend(pickle, "\x89", kOrderedDict, "tR");
}

}  // namespace

absl::StatusOr<PthFile> ReadPth(const std::string& path) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const base::MappedFile> file,
                   base::MappedFile::Open(path));
  return ReadPth(file, path);
}

absl::StatusOr<PthFile> ReadPth(
    const std::shared_ptr<const base::MappedFile>& file,
    const std::string& path, const std::string& key) {
  ASSIGN_OR_RETURN(PthIndex index, ParsePthIndex(file->bytes(), path, key));
  PthFile out{{},
              std::move(index.ignored),
              std::move(index.container),
              std::move(index.prefix),
              std::move(index.note)};
  for (const PthTensor& tensor : index.tensors) {
    const std::optional<at::ScalarType> type = DtypeNamed(tensor.dtype);
    CHECK(type.has_value()) << tensor.dtype;
    CHECK_EQ(c10::elementSize(*type), tensor.element_size) << tensor.dtype;
    out.tensors[tensor.name] =
        MappedTensor(tensor.bytes, tensor.shape, tensor.strides, *type, file);
  }
  return out;
}

absl::Status WritePth(const std::string& path,
                      const std::map<std::string, at::Tensor>& tensors) {
  std::string pickle = "\x80\x02}";
  AppendText("model", &pickle);
  absl::StrAppend(&pickle, kOrderedDict, "(");
  std::vector<at::Tensor> contiguous;
  for (const auto& [name, tensor] : tensors) {
    const absl::string_view dtype = DtypeName(tensor.scalar_type());
    const auto storage_class =
        std::find_if(std::begin(kClasses), std::end(kClasses),
                     [&](const StorageClass& c) { return c.dtype == dtype; });
    if (storage_class == std::end(kClasses)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": the type of \"", name, "\" is not supported"));
    }
    AppendText(name, &pickle);
    const std::string key = absl::StrCat(contiguous.size());
    contiguous.push_back(tensor.detach().cpu().contiguous());
    AppendTensor(contiguous.back(), storage_class->name, key, &pickle);
  }
  absl::StrAppend(&pickle, "us.");
  ZipWriter zip;
  zip.Add("archive/data.pkl", pickle);
  zip.Add("archive/byteorder", "little");
  for (size_t i = 0; i < contiguous.size(); ++i) {
    zip.Add(absl::StrCat("archive/data/", i),
            {static_cast<const char*>(contiguous[i].const_data_ptr()),
             contiguous[i].nbytes()});
  }
  zip.Add("archive/version", "3\n");
  if (!zip.Finish()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": a .pth file of 4 GiB and more is not written; "
                     "name it .safetensors"));
  }
  return base::ReplaceFile(path, zip.pieces());
}

}  // namespace caldera::vit
