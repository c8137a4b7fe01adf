// Reads the input of //:probe: a checkpoint, the settings of its measurement
// and the images, from the flags and from the checkpoint's metadata.
//
//   auto checkpoint = OpenCheckpoint("runs/fashion_mnist/m_mae", {});
//   auto spec = MakeEvalSpec(*checkpoint, "feature: CLS");
//   auto images = ImagesOf(*checkpoint, /*dataset=*/"");
//   auto test = OpenImages(*checkpoint, *images, data::Split::kTest);
#ifndef CALDERA_EVAL_PROBE_INPUT_H_
#define CALDERA_EVAL_PROBE_INPUT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/sets/dataset.h"
#include "data/split.h"
#include "eval/features/opened_splits.h"
#include "eval/spec/eval.pb.h"
#include "vit/weights/encoder_file.h"

namespace caldera::eval {

struct Checkpoint {
  std::string name;    // its spec's, or the path
  std::string folder;  // of the run; "" for a file of weights
  vit::LoadedEncoder loaded;
};

// Opens a run folder, a file of ViT weights or a folder of Hugging Face, which
// has a config.json; `key` chooses among several ViTs of a file. Prints notes
// to stderr. Errors: NotFound for a run whose training has not finished; those
// of vit::LoadEncoder.
absl::StatusOr<Checkpoint> OpenCheckpoint(const std::string& path,
                                          std::optional<int> num_heads,
                                          const std::string& key = "");

// Returns the run's own settings, overridden by `text`, fields of EvalSpec: a
// list that it names replaces the run's. Errors: InvalidArgument that begins
// with "--eval", with line and column or the field.
absl::StatusOr<EvalSpec> MakeEvalSpec(const Checkpoint& checkpoint,
                                      const std::string& text);

// Returns the set that `dataset` names or, where that is empty, the one that
// the encoder was trained on, with its list of classes, mean and deviation. In
// either case images that cannot be read are skipped if the run skipped them.
absl::StatusOr<data::DataSpec> ImagesOf(const Checkpoint& checkpoint,
                                        const std::string& dataset);

// Opens the images. Errors: those of data::OpenDataset; InvalidArgument for
// images whose number of channels is not the encoder's.
absl::StatusOr<std::shared_ptr<const data::Dataset>> OpenImages(
    const Checkpoint& checkpoint, const data::DataSpec& images,
    data::Split split);

// Opens the splits that a measurement reads. Errors: likewise; those of opening
// a split stay in the result.
absl::StatusOr<OpenedSplits> OpenSplitsFor(const Checkpoint& checkpoint,
                                           const data::DataSpec& images);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_PROBE_INPUT_H_
