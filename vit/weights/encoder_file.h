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
                                        std::optional<int> num_heads = {});

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
// the file and what InferLayout assumes. A decoder, a head and projectors in
// the file are ignored. Errors: those of LoadWeights and InferLayout;
// InvalidArgument for a tensor of the encoder that is missing, of another
// shape, or of which this encoder knows nothing (layer scale, register tokens,
// ...).
absl::StatusOr<LoadedEncoder> LoadEncoder(const std::string& path,
                                          std::optional<int> num_heads = {});

struct StartWeights {
  StateDict tensors;               // every tensor of the encoder
  std::vector<std::string> notes;  // as in LoadedEncoder
};

// Loads the weights of `path` for an encoder of the sizes `spec`, with which
// fine-tuning begins: a position embedding of another grid is interpolated, and
// the file's final norm is ignored where `spec` has none. Errors: those of
// LoadEncoder; its InvalidArgument also states what `spec` asks for.
absl::StatusOr<StartWeights> LoadStartWeights(const std::string& path,
                                              const EncoderSpec& spec);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_ENCODER_FILE_H_
