// Makes a tensor over a part of a mapped file.
//
//   at::Tensor weight = vit::MappedTensor(file->bytes().substr(64, 24), {2, 3},
//                                         {3, 1}, at::kFloat, file);
//
// The tensor keeps the file mapped. Writing to the tensor changes memory only,
// not the file.
#ifndef CALDERA_VIT_WEIGHTS_MAPPED_TENSOR_H_
#define CALDERA_VIT_WEIGHTS_MAPPED_TENSOR_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/strings/string_view.h"
#include "base/mapped_file.h"

namespace caldera::vit {

// Returns the tensor whose elements are `bytes`, from the first to past the
// last, which the caller has checked; `strides` count elements. The tensor is a
// copy where the bytes are not aligned for the type, where `file` is null, and
// for booleans, because a file may hold other values than 0 and 1.
at::Tensor MappedTensor(absl::string_view bytes, at::IntArrayRef shape,
                        at::IntArrayRef strides, at::ScalarType type,
                        std::shared_ptr<const base::MappedFile> file);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_MAPPED_TENSOR_H_
