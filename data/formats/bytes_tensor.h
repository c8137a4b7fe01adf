// Makes a tensor of the bytes read from a file, without copying them.
//
//   at::Tensor images = BytesTensor(*std::move(bytes), {count, 3073});
#ifndef CALDERA_DATA_FORMATS_BYTES_TENSOR_H_
#define CALDERA_DATA_FORMATS_BYTES_TENSOR_H_

#include <ATen/core/Tensor.h>

#include <string>

namespace caldera::data {

// Returns a contiguous uint8 tensor of shape `dims`, which owns `bytes`. CHECKs
// that `bytes` has as many elements as `dims`.
at::Tensor BytesTensor(std::string bytes, at::IntArrayRef dims);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_BYTES_TENSOR_H_
