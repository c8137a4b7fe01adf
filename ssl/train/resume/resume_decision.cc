#include "ssl/train/resume/resume_decision.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ssl/train/resume/experiment_changes.h"

namespace caldera::ssl {
namespace {

// Returns whether it is certain that no term reads more than one image, so that
// the number of microbatches changes only the order of sums. A method or a part
// of which this is not known is taken to compare images.
bool TreatsEachImageByItself(const Experiment& experiment) {
  if (experiment.has_regularizer() || experiment.auxiliary_size() > 0) {
    return false;
  }
  if (experiment.has_mae()) {
    const MaeSpec& mae = experiment.mae();
    return !mae.has_target() && !mae.has_loss() && !mae.has_teacher() &&
           !mae.has_corruption() && !mae.has_scorer() && !mae.has_masking();
  }
  return experiment.has_classification() &&
         !experiment.classification().has_mixup();
}

bool IsLarger(const Change& change) {
  double before, after;
  return absl::SimpleAtod(change.before, &before) &&
         absl::SimpleAtod(change.after, &after) && after > before;
}

// Returns what goes before "choose another --run" if the change is refused;
// empty if it is accepted.
std::string WhyRefused(const Change& change, const Experiment& there,
                       const ResumeOptions& options) {
  switch (change.kind) {
    case OnResume::FREE:
      // The online classifier learns from eval.feature and is part of the
      // checkpoint.
      if (change.path == "eval.feature" && there.train().has_online()) {
        return "; train.online's classifier learned from that feature";
      }
      return "";
    case OnResume::ROUNDING:
      if (change.path == "train.accumulate_steps" &&
          !TreatsEachImageByItself(there)) {
        return "; its loss may compare the images of a microbatch";
      }
      return "";
    case OnResume::EXTENSION:
      if (!IsLarger(change)) return "; only a longer training can go on";
      return options.extend ? "" : "; --extend trains the run that much longer";
    default:
      if (change.path == "data.dataset" && options.same_dataset) return "";
      return "; its weights would differ";
  }
}

const char* KindText(OnResume::Kind kind) {
  switch (kind) {
    case OnResume::FREE:
      return "the same bits";
    case OnResume::ROUNDING:
      return "other rounding";
    default:
      return "extension: the schedules have the new length from here on";
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DecideResume(
    const Experiment& there, const Experiment& here,
    const ResumeOptions& options) {
  std::vector<std::string> accepted, refused;
  for (const Change& change : ChangesBetween(there, here)) {
    const std::string why = WhyRefused(change, there, options);
    if (!why.empty()) {
      refused.push_back(absl::StrCat(ChangeText(change), why));
      continue;
    }
    accepted.push_back(absl::StrCat(ChangeText(change), " (",
                                    change.path == "data.dataset"
                                        ? "the same images"
                                        : KindText(change.kind),
                                    ")"));
  }
  if (refused.empty()) return accepted;
  constexpr size_t kShown = 3;
  const size_t more = refused.size() - std::min(refused.size(), kShown);
  refused.resize(refused.size() - more);
  return absl::FailedPreconditionError(absl::StrCat(
      "(", absl::StrJoin(refused, "), ("),
      more == 0 ? ")" : absl::StrCat("), and in ", more, " further fields")));
}

}  // namespace caldera::ssl
