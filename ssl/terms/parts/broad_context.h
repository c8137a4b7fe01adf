// The distance of LUT's term, broad_context.cc.
#ifndef CALDERA_SSL_TERMS_PARTS_BROAD_CONTEXT_H_
#define CALDERA_SSL_TERMS_PARTS_BROAD_CONTEXT_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// Returns 2 - 2 cos(a, b), averaged over the rows of a, b [B, D].
at::Tensor AngularDistance(const at::Tensor& a, const at::Tensor& b);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_PARTS_BROAD_CONTEXT_H_
