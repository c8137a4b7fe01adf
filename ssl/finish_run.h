// Does everything that follows training: writes the encoder's file, pictures,
// results, and the page that shows them.
//
//   base::Missing missing;
//   FinishRun("fashion_mnist/m_mae", experiment, folder, measurements, trainer,
//             missing);
//   return missing.Report();
//
// Each thing that fails costs itself alone.
#ifndef CALDERA_SSL_FINISH_RUN_H_
#define CALDERA_SSL_FINISH_RUN_H_

#include <string>

#include "base/program/missing.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/train/loop/run_measurements.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/run_folder.h"

namespace caldera::ssl {

// spec: the name of the experiment, for the encoder's file and the rows.
// measurements: opened before `trainer` ran; without an evaluation nothing is
// measured. Prints the rows.
void FinishRun(const std::string& spec, const Experiment& experiment,
               const RunFolder& folder, const RunMeasurements& measurements,
               Trainer& trainer, base::Missing& missing);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_FINISH_RUN_H_
