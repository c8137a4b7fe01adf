#include "ssl/train/label_free/verdict.h"

#include <gtest/gtest.h>

#include <cmath>

namespace caldera::ssl {
namespace {

LabelFreeMeasures Measures(double reconstruction, double rank) {
  LabelFreeMeasures measures;
  measures.reconstruction = reconstruction;
  measures.effective_rank = rank;
  return measures;
}

TEST(Judge, SaysWhatChanged) {
  EXPECT_EQ(
      Judge("continuing", Measures(0.31, 40), Measures(0.27, 55)).sentence,
      "continuing helped: reconstruction error 0.31 -> 0.27; effective rank 40 "
      "-> 55");
  EXPECT_EQ(Judge("training", Measures(0.5, 40), Measures(0.51, 40)).sentence,
            "training did not help: reconstruction error 0.5 -> 0.51; "
            "effective rank 40 -> 40");
}

TEST(Judge, TheErrorMustFallByTwoPercent) {
  const auto judge = [](double after) {
    return Judge("training", Measures(1, 10), Measures(after, 10)).judgement;
  };
  EXPECT_EQ(judge(0.979), Judgement::kHelped);
  EXPECT_EQ(judge(0.981), Judgement::kDidNotHelp);
  EXPECT_EQ(judge(std::nan("")), Judgement::kDidNotHelp);
}

TEST(Judge, FewerDirectionsAreNoHelpBesideTheReconstruction) {
  const auto judge = [](double rank) {
    return Judge("training", Measures(1, 10), Measures(0.5, rank));
  };
  EXPECT_EQ(judge(9.1).judgement, Judgement::kHelped);
  EXPECT_EQ(judge(8.9).judgement, Judgement::kReconstructionOnly);
  EXPECT_EQ(judge(2).sentence,
            "training helped the reconstruction only: reconstruction error 1 "
            "-> 0.5; effective rank 10 -> 2");
}

TEST(Judge, WithoutReconstructionTheRankDecides) {
  LabelFreeMeasures before = Measures(0, 10), after = Measures(0, 11.1);
  before.reconstruction = after.reconstruction = std::nullopt;
  EXPECT_EQ(Judge("training", before, after).sentence,
            "training helped: effective rank 10 -> 11.1");
  after.effective_rank = 10.9;
  EXPECT_EQ(Judge("training", before, after).judgement, Judgement::kDidNotHelp);
}

}  // namespace
}  // namespace caldera::ssl
