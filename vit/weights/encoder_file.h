// Saves a trained encoder to a file that describes itself, and loads one from
// any file of ViT weights.
//
//   absl::Status status = vit::SaveEncoder("run/encoder.safetensors", *encoder,
//                                          {{"caldera.dataset", "..."}});
//   absl::StatusOr<vit::LoadedEncoder> again =
//       vit::LoadEncoder("mae_pretrain_vit_base.pth");
//
// What a file holds can be known before its tensors are read:
//
//   absl::StatusOr<vit::EncoderFile> file = vit::OpenEncoder(path);
//   file->spec.depth();                // 24
//   auto encoder = file->Load();       // reads the tensors
//
// Tensor names are timm's; the sizes travel as text of EncoderSpec in the
// metadata of the safetensors file. docs/weights.md explains both.
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
#include "vit/weights/fit_weights.h"
#include "vit/weights/weights_file.h"

namespace caldera::vit {

// The encoder of a file. Its tensors stay in the file, which is mapped, until
// they are first touched: by Load.
struct EncoderFile {
  std::string path;  // the file's, also for a folder
  EncoderSpec spec;
  StateDict tensors;                            // every tensor of the encoder
  std::map<std::string, std::string> metadata;  // from the file
  std::vector<std::string> notes;               // as in LoadedEncoder

  // Returns the encoder, on the CPU, float32, eval().
  absl::StatusOr<std::shared_ptr<Encoder>> Load() const;
};

// Reads the names, shapes and sizes of the encoder in `path`, and allocates
// nothing of these sizes. Arguments and errors: those of LoadEncoder.
absl::StatusOr<EncoderFile> OpenEncoder(const std::string& path,
                                        std::optional<int> num_heads = {},
                                        const std::string& key = "");

struct LoadedEncoder {
  std::shared_ptr<Encoder> encoder;             // on the CPU, float32, eval()
  std::map<std::string, std::string> metadata;  // from the file
  // Assumptions and changes made while loading, a sentence each, to show to the
  // user.
  std::vector<std::string> notes;
};

// Saves the encoder with `metadata`, to which it adds "caldera.encoder", the
// sizes, and "format", "pt".
absl::Status SaveEncoder(const std::string& path, const Encoder& encoder,
                         std::map<std::string, std::string> metadata);

// Loads an encoder from any path that LoadWeights reads. `num_heads` overrides
// the file and what InferLayout assumes; `key` chooses among several ViTs
// (names/choose_vit.h). A decoder, a head and projectors in
// the file are ignored. Errors: those of LoadWeights and InferLayout;
// InvalidArgument for a tensor of the encoder that is missing, of another
// shape, or of which this encoder knows nothing (layer scale, register tokens,
// ...).
absl::StatusOr<LoadedEncoder> LoadEncoder(const std::string& path,
                                          std::optional<int> num_heads = {},
                                          const std::string& key = "");

// Returns an error, which begins with `path`, unless `report` gives every
// tensor of the model and leaves none of a ViT's own over, so that the model
// computes what the file's does.
absl::Status CheckWhole(const FitReport& report, const Weights& weights);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_ENCODER_FILE_H_
