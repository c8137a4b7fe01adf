// Reads the weights with which a training begins, and fits them to its model.
//
//   vit::StartRequest request{"mae_pretrain_vit_base.pth", "", spec};
//   absl::StatusOr<vit::StartWeights> start = vit::OpenStart(request);
//   vit::LoadStateDict(*encoder, start->encoder, start->report.file);
//   puts(start->report.Text().c_str());
//
// The encoder must be whole. What may differ is resampled: the grid of the
// position embedding (bicubic), the size of the patches (FlexiViT) and the
// number of channels (fit_weights.h). A final norm and positions that the model
// does not have are left out. A decoder may be absent. The tensors stay
// in the file, which is mapped, until they are first touched.
#ifndef CALDERA_VIT_WEIGHTS_START_WEIGHTS_H_
#define CALDERA_VIT_WEIGHTS_START_WEIGHTS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "vit/state_dict.h"
#include "vit/vit.pb.h"
#include "vit/weights/checkpoint_layout.h"

namespace caldera::vit {

struct StartRequest {
  std::string path;  // any that LoadWeights reads
  std::string key;   // chooses among several ViTs (names/choose_vit.h)
  EncoderSpec encoder;
  TensorShapes decoder;  // of MAE's decoder; empty: there is none
  std::string
      decoder_path;  // another file for it; empty: `path`, if it has one
};

// What became of the tensors of the files.
struct StartReport {
  std::string file, decoder_file;  // decoder_file: "" where none was read
  std::string place;  // of the ViT in the file: "teacher.backbone.", or ""
  std::vector<std::string> taken, renamed, missing, left_over;
  // Pairs of a name and what was done: "14x14 -> 24x24".
  std::vector<std::pair<std::string, std::string>> resampled;
  std::vector<std::string> notes;  // choices and assumptions, a sentence each

  // Returns a few lines: counts, the first names of each kind, the notes.
  std::string Text() const;
};

struct StartWeights {
  StateDict encoder;  // every tensor of the encoder
  StateDict decoder;  // every tensor of the decoder, or none
  StartReport report;
};

// Errors: those of LoadWeights; InvalidArgument for an encoder that lacks a
// tensor, has one of another shape, has parts that `request.encoder` lacks, or
// was trained with another number of attention heads; the same for the decoder
// of decoder_path, where its message begins with "decoder: ".
absl::StatusOr<StartWeights> OpenStart(const StartRequest& request);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_START_WEIGHTS_H_
