// Draws the pictures that a run leaves in its folder.
//
//   absl::Status status = DrawRun(experiment, folder, trainer, pictures,
//   missing);
//
//   images/reconstructions.png  first test images: input, masked input,
//                               prediction with the visible patches, prediction
//                               (methods that reconstruct)
//   images/loss.svg             total loss and every term over the epochs
//   images/figure2.svg          the regularizer's value and the online probe's
//                               accuracies over the epochs (runs that have one)
//
// The charts read the rows of metrics.jsonl. Rows differ: logged steps have a
// loss, those of an online probe have accuracies. A row without a value adds no
// point to its curve.
#ifndef CALDERA_SSL_TRAIN_LOOP_RUN_PICTURES_H_
#define CALDERA_SSL_TRAIN_LOOP_RUN_PICTURES_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/program/missing.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/reconstruction_pictures.h"
#include "ssl/train/monitor/run_folder.h"

namespace caldera::ssl {

// Returns an SVG of the total loss over the epochs, and of each of its terms if
// there are several.
std::string LossChart(const std::vector<nlohmann::json>& rows);

// Returns an SVG of figure 2 of the MAGMA paper for one run: above the
// unweighted value of the term `regularizer` ("magma"; it may only be
// observed), below the online probe's accuracies, over the same epochs. A panel
// without points is left out; returns nullopt if both are.
std::optional<std::string> Figure2(const std::vector<nlohmann::json>& rows,
                                   const std::string& regularizer);

// Draws the pictures above after `trainer` has run. One that cannot be drawn or
// written is noted in `missing`. pictures: none if there is no image to draw.
void DrawRun(const Experiment& experiment, const RunFolder& folder,
             Trainer& trainer,
             const std::optional<ReconstructionPictures>& pictures,
             base::Missing& missing);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_RUN_PICTURES_H_
