#include "ssl/teachers/teacher.h"

#include <ATen/core/grad_mode.h>

#include <utility>
#include <vector>

namespace caldera::ssl {

Teacher::Teacher(std::shared_ptr<vit::Encoder> encoder)
    : encoder_(register_module("encoder", std::move(encoder))) {
  for (const at::Tensor& parameter : encoder_->parameters()) {
    parameter.set_requires_grad(false);
  }
  Module::train(false);
}

TeacherOutput Teacher::Run(const at::Tensor& images,
                           const std::optional<at::Tensor>& ids_keep,
                           const std::set<int64_t>& taps) {
  const at::NoGradGuard no_grad;
  const std::vector<int64_t> blocks(taps.begin(), taps.end());
  const vit::EncoderOutput encoded =
      encoder_->forward(images, ids_keep, blocks);
  TeacherOutput out{encoded.tokens, {}};
  for (size_t i = 0; i < blocks.size(); ++i) {
    out.taps[blocks[i]] = encoded.taps[i];
  }
  return out;
}

}  // namespace caldera::ssl
