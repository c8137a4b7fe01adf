// Decides whether a run goes on with another experiment than it began with.
//
//   ASSIGN_OR_RETURN(const std::vector<std::string> changes,
//                    DecideResume(there, here, {/*extend=*/true}));
//   // {"train.steps: 3 -> 6 (extension)"}
//
// Both experiments are resolved.
#ifndef CALDERA_SSL_TRAIN_RESUME_RESUME_DECISION_H_
#define CALDERA_SSL_TRAIN_RESUME_RESUME_DECISION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {

struct ResumeOptions {
  // Accepts a longer training, whose schedules are those of the new length from
  // the step on at which the run goes on.
  bool extend = false;
  // The record of the training set that this start has opened
  // (dataset_record.h), to be compared with the folder's; empty: it is not.
  std::string dataset;
  // Whether the two are the same; a caller of DecideResume that has compared
  // them says so, and another path is then no change.
  bool same_dataset = false;
};

// Returns what changed and is accepted, a line a field; none for the same
// experiment. FailedPrecondition names the fields that make another
// experiment of it (the first three), their values and, where there is one, the
// flag that accepts them.
absl::StatusOr<std::vector<std::string>> DecideResume(
    const Experiment& there, const Experiment& here,
    const ResumeOptions& options);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_RESUME_RESUME_DECISION_H_
