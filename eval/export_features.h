// Writes the features of a data set as a safetensors file, for use elsewhere.
//
//   absl::Status status = ExportFeatures("features.safetensors", *encoder,
//                                        test_set, readout, {}, {});
//
// In Python: safetensors.numpy.load_file("features.safetensors")["features"].
#ifndef CALDERA_EVAL_EXPORT_FEATURES_H_
#define CALDERA_EVAL_EXPORT_FEATURES_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "data/sets/dataset.h"
#include "eval/features/features.h"
#include "eval/features/readout.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

// Writes the tensors features F32 [N, D]; labels I64 [N], -1 where unknown; and
// index I64 [N], positions in `images`: with options.bad_images those that
// could be read. The file's metadata are `metadata` and "caldera.setting",
// which is SettingOf(readout) as JSON. Errors: those of reading images and of
// WriteSafetensors; InvalidArgument for an empty set and for features that are
// not finite, before anything is written.
absl::Status ExportFeatures(const std::string& path, vit::Encoder& encoder,
                            const std::shared_ptr<const data::Dataset>& images,
                            const Readout& readout,
                            const ExtractOptions& options,
                            std::map<std::string, std::string> metadata);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EXPORT_FEATURES_H_
