// Writes an encoder as a folder that another library opens by itself.
//
//   absl::Status status = vit::WriteHuggingFace("folder", spec, tensors);
//   // transformers.ViTModel.from_pretrained("folder", add_pooling_layer=False)
//   status = vit::WriteTimm("folder", spec, tensors);
//   // timm.create_model("local-dir:folder", pretrained=True)
//
// Caveat: heads are left out; WriteHuggingFaceMae alone writes a decoder.
#ifndef CALDERA_VIT_WEIGHTS_WRITE_FOLDER_H_
#define CALDERA_VIT_WEIGHTS_WRITE_FOLDER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "vit/state_dict.h"
#include "vit/vit.pb.h"
#include "vit/weights/checkpoint_layout.h"

namespace caldera::vit {

// Each makes `folder`, and in it config.json and model.safetensors. tensors:
// those of an encoder of `spec`, under timm's names; others are left out.
// Errors: those of WriteSafetensors; InvalidArgument for an encoder that the
// library's class cannot be, and where the folder cannot be made.
absl::Status WriteHuggingFace(const std::string& folder,
                              const EncoderSpec& spec,
                              const StateDict& tensors);
absl::Status WriteTimm(const std::string& folder, const EncoderSpec& spec,
                       const StateDict& tensors);

// As WriteHuggingFace, for ViTMAEForPreTraining, with MAE's decoder of
// `decoder` and `decoder_heads` heads. The class's norm_pix_loss stays at its
// default, false: weights do not tell it.
absl::Status WriteHuggingFaceMae(const std::string& folder,
                                 const EncoderSpec& spec,
                                 const CheckpointLayout::Decoder& decoder,
                                 int64_t decoder_heads,
                                 const StateDict& tensors);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_WRITE_FOLDER_H_
