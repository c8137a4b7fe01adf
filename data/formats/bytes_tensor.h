// Bytes that were read from a file as a tensor, without copying them.
//
//   at::Tensor images = BytesTensor(*std::move(bytes), {count, 3073});
#ifndef CALDERA_DATA_FORMATS_BYTES_TENSOR_H_
#define CALDERA_DATA_FORMATS_BYTES_TENSOR_H_

#include <ATen/core/Tensor.h>

#include <string>

namespace caldera::data {

// uint8 of shape `dims`, contiguous; takes the bytes over. CHECKs that there
// are as many as `dims` say.
at::Tensor BytesTensor(std::string bytes, at::IntArrayRef dims);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_BYTES_TENSOR_H_
