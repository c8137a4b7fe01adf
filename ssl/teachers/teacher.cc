#include "ssl/teachers/teacher.h"

#include <ATen/core/grad_mode.h>

#include <utility>

namespace caldera::ssl {

Teacher::Teacher(std::shared_ptr<vit::Encoder> encoder)
    : encoder_(register_module("encoder", std::move(encoder))) {
  for (const at::Tensor& parameter : encoder_->parameters()) {
    parameter.set_requires_grad(false);
  }
  Module::train(false);
}

TeacherOutput Teacher::Run(const at::Tensor& images,
                           const TeacherRequest& request) {
  const at::NoGradGuard no_grad;
  vit::EncoderRequest wanted;
  wanted.ids_keep = request.ids_keep;
  wanted.taps = {request.taps.begin(), request.taps.end()};
  if (request.with_attention) {
    wanted.attention_taps = {encoder_->spec().depth() - 1};
  }
  const vit::EncoderOutput encoded = encoder_->forward(images, wanted);
  TeacherOutput out;
  out.tokens = encoded.tokens;
  out.prefix = encoder_->num_prefix_tokens();
  for (size_t i = 0; i < wanted.taps.size(); ++i) {
    out.taps[wanted.taps[i]] = encoded.taps[i];
  }
  if (request.with_attention) out.attention = encoded.attention[0];
  return out;
}

}  // namespace caldera::ssl
