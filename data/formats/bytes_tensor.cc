#include "data/formats/bytes_tensor.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/accumulate.h>
#include <glog/logging.h>

#include <memory>
#include <utility>

namespace caldera::data {

at::Tensor BytesTensor(std::string bytes, at::IntArrayRef dims) {
  CHECK_EQ(bytes.size(), c10::multiply_integers(dims));
  // from_blob would keep a null pointer for an empty string.
  if (bytes.empty()) return at::empty(dims, at::kByte);
  auto owner = std::make_shared<std::string>(std::move(bytes));
  return at::from_blob(
      owner->data(), dims, [owner](void*) {}, at::kByte);
}

}  // namespace caldera::data
