#include "ssl/train/label_free/verdict.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace caldera::ssl {
namespace {

constexpr double kErrorFalls = 0.98;
constexpr double kRankKeeps = 0.9;
constexpr double kRankRises = 1.1;

std::string Change(const char* what, double before, double after) {
  return absl::StrFormat("%s %.3g -> %.3g", what, before, after);
}

Judgement JudgementOf(const LabelFreeMeasures& before,
                      const LabelFreeMeasures& after) {
  // Comparisons with NaN are false: numbers that are none did not help.
  if (!before.reconstruction.has_value() || !after.reconstruction.has_value()) {
    return after.effective_rank >= kRankRises * before.effective_rank
               ? Judgement::kHelped
               : Judgement::kDidNotHelp;
  }
  if (!(*after.reconstruction <= kErrorFalls * *before.reconstruction)) {
    return Judgement::kDidNotHelp;
  }
  return after.effective_rank >= kRankKeeps * before.effective_rank
             ? Judgement::kHelped
             : Judgement::kReconstructionOnly;
}

}  // namespace

Verdict Judge(const std::string& what, const LabelFreeMeasures& before,
              const LabelFreeMeasures& after) {
  Verdict verdict{JudgementOf(before, after), what};
  switch (verdict.judgement) {
    case Judgement::kHelped:
      absl::StrAppend(&verdict.sentence, " helped: ");
      break;
    case Judgement::kReconstructionOnly:
      absl::StrAppend(&verdict.sentence, " helped the reconstruction only: ");
      break;
    case Judgement::kDidNotHelp:
      absl::StrAppend(&verdict.sentence, " did not help: ");
      break;
  }
  if (before.reconstruction.has_value() && after.reconstruction.has_value()) {
    absl::StrAppend(&verdict.sentence,
                    Change("reconstruction error", *before.reconstruction,
                           *after.reconstruction),
                    "; ");
  }
  absl::StrAppend(
      &verdict.sentence,
      Change("effective rank", before.effective_rank, after.effective_rank));
  return verdict;
}

}  // namespace caldera::ssl
