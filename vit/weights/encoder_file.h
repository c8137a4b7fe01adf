// A trained encoder, out to a file that describes itself, and in from any file
// of ViT weights.
//
//   absl::Status status = vit::SaveEncoder("run/encoder.safetensors", *encoder,
//                                          {{"caldera.dataset", "..."}});
//   absl::StatusOr<vit::LoadedEncoder> again =
//       vit::LoadEncoder("mae_pretrain_vit_base.pth");
//
// Tensor names are timm's; the sizes travel as text of EncoderSpec in the
// metadata of the safetensors file. docs/weights.md has the whole story.
#ifndef CALDERA_VIT_WEIGHTS_ENCODER_FILE_H_
#define CALDERA_VIT_WEIGHTS_ENCODER_FILE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vit/model/encoder.h"
#include "vit/state_dict.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

struct LoadedEncoder {
  std::shared_ptr<Encoder> encoder;             // on the CPU, float32, eval()
  std::map<std::string, std::string> metadata;  // the file's
  // What was assumed or changed on the way, a sentence each, to be shown.
  std::vector<std::string> notes;
};

// `metadata` joins "caldera.encoder", the sizes, and "format", "pt".
absl::Status SaveEncoder(const std::string& path, const Encoder& encoder,
                         std::map<std::string, std::string> metadata);

// `path` is whatever LoadWeights takes; `num_heads` wins over what the file
// says or InferLayout assumes. A decoder, a head and projectors in the file are
// left aside. Errors: those of LoadWeights and InferLayout; InvalidArgument for
// a tensor of the encoder that is missing, of another shape, or of which this
// encoder knows nothing (layer scale, register tokens, ...).
absl::StatusOr<LoadedEncoder> LoadEncoder(const std::string& path,
                                          std::optional<int> num_heads = {});

struct StartWeights {
  StateDict tensors;  // all that an encoder of the sizes asked for has
  std::vector<std::string> notes;  // as above
};

// The weights of `path` for an encoder of the sizes `spec`, as fine-tuning
// begins with them: a position embedding of another grid is interpolated, and
// the file's final norm is left aside where `spec` has none. Errors: those of
// LoadEncoder, of which InvalidArgument also says what `spec` asks for.
absl::StatusOr<StartWeights> LoadStartWeights(const std::string& path,
                                              const EncoderSpec& spec);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_ENCODER_FILE_H_
