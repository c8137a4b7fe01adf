#include "vit/weights/mapped_tensor.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstdint>
#include <cstring>
#include <utility>

namespace caldera::vit {

at::Tensor MappedTensor(absl::string_view bytes, at::IntArrayRef shape,
                        at::IntArrayRef strides, at::ScalarType type,
                        std::shared_ptr<const base::MappedFile> file) {
  if (bytes.empty()) return at::empty(shape, type);
  if (type == at::kBool) {
    return MappedTensor(bytes, shape, strides, at::kByte, std::move(file))
        .to(at::kBool);
  }
  const size_t element_size = c10::elementSize(type);
  // The mapping is private and writable; only its view is const.
  void* data = const_cast<char*>(bytes.data());
  if (file != nullptr &&
      reinterpret_cast<uintptr_t>(data) % element_size == 0) {
    return at::from_blob(
        data, shape, strides, [file = std::move(file)](void*) {},
        at::TensorOptions(type));
  }
  const at::Tensor copy =
      at::empty({static_cast<int64_t>(bytes.size() / element_size)}, type);
  std::memcpy(copy.data_ptr(), bytes.data(), bytes.size());
  return copy.as_strided(shape, strides);
}

}  // namespace caldera::vit
