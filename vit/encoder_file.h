#ifndef CALDERA_VIT_ENCODER_FILE_H_
#define CALDERA_VIT_ENCODER_FILE_H_

// A trained encoder as one safetensors file that describes itself.
//
//   SaveEncoder("run/encoder.safetensors", *encoder, {{"caldera.data",
//   "..."}}); absl::StatusOr<LoadedEncoder> again =
//   LoadEncoder("run/encoder.safetensors");
//
// Tensor names are timm's, so that
//   timm.create_model("vit_...").load_state_dict(load_file(path), strict=False)
// takes it; the sizes travel as text of EncoderSpec in the file's metadata.

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vit/encoder.h"

namespace caldera::vit {

struct LoadedEncoder {
  std::shared_ptr<Encoder> encoder;             // on the CPU, float32, eval()
  std::map<std::string, std::string> metadata;  // the file's
};

// `metadata` joins "caldera.encoder", the sizes, and "format", "pt".
absl::Status SaveEncoder(const std::string& path, const Encoder& encoder,
                         std::map<std::string, std::string> metadata);

// Errors: those of ReadSafetensors and LoadStateDict; InvalidArgument where the
// file does not say its sizes, or says such as Validate refuses.
absl::StatusOr<LoadedEncoder> LoadEncoder(const std::string& path);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_ENCODER_FILE_H_
