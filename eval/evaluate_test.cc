#include "eval/evaluate.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace caldera::eval {
namespace {

using nlohmann::json;

LabelledFeatures Clusters(int64_t rows, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  const at::Tensor labels = at::randint(0, 3, {rows}, generator, at::kLong);
  const at::Tensor centres =
      8 * at::randn({3, 6}, at::detail::createCPUGenerator(77));
  return {centres.index_select(0, labels) + at::randn({rows, 6}, generator),
          labels};
}

const json kSetting = {{"feature", "mean"}, {"masking", "none"}};

std::vector<json> Rows(const EvalSpec& spec, const Tasks& tasks) {
  std::vector<json> rows;
  base::Missing missing;
  EvaluateFeatures(
      {"it", kSetting}, Clusters(60, 1), Clusters(30, 2), 3, spec, tasks,
      [&](const json& row) {
        rows.push_back(row);
        return absl::OkStatus();
      },
      missing);
  EXPECT_THAT(missing.Lines(), testing::IsEmpty());
  return rows;
}

TEST(Evaluate, KnnRowsSayAllThatMakesThemComparable) {
  EvalSpec spec;
  spec.mutable_knn()->add_k(1);
  spec.mutable_knn()->add_k(5);
  spec.mutable_knn()->add_temperature(0.1);
  spec.set_measured_on(EvalSpec::VALIDATION);
  const std::vector<json> rows = Rows(spec, {true, false});
  ASSERT_EQ(rows.size(), 2);
  const json expected = json::parse(
      R"({"features": "it", "task": "knn", "train_size": 60, "test_size": 30,
          "top1": 100.0, "top5": 100.0, "setting": {
            "feature": "mean", "masking": "none", "k": 5, "temperature": 0.1,
            "distance": "cosine", "measured_on": "validation"}})");
  EXPECT_EQ(rows[1], expected);
  spec.mutable_knn()->set_distance(KnnSpec::EUCLIDEAN);
  EXPECT_FALSE(Rows(spec, {true, false})[0]["setting"].contains("temperature"));
}

TEST(Evaluate, LinearRowsSayHowTheyWereFitted) {
  EvalSpec spec;
  std::vector<json> rows = Rows(spec, {false, true});
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0]["setting"]["l2"], 1e-5);
  EXPECT_EQ(rows[0]["top1"], 100.0);

  spec.mutable_linear()->set_recipe("MAGMA");
  HeadsSpec& heads = *spec.mutable_linear()->mutable_heads();
  heads.set_batch_size(16);
  heads.set_epochs(5);
  heads.add_base_lr(1e-9);
  heads.add_base_lr(0.5);
  rows = Rows(spec, {false, true});
  ASSERT_EQ(rows.size(), 1);
  const json& setting = rows[0]["setting"];
  EXPECT_EQ(setting["recipe"], "magma");
  EXPECT_EQ(setting["optimizer"], "sgd");
  EXPECT_EQ(setting["images"], "cached");  // there are no images here
  EXPECT_EQ(setting["base_lr"], 0.5);
  EXPECT_EQ(setting["heads"], 2);
  EXPECT_EQ(setting["batch_norm"], false);
  EXPECT_EQ(rows[0]["sweep"].size(), 2);
  EXPECT_EQ(rows[0]["sweep"][1]["held_out_top1"], rows[0]["held_out_top1"]);
  EXPECT_EQ(rows[0]["top1"], 100.0);
}

TEST(Evaluate, WhatIsAboveTheRowsIsLimitedAndTheRowSaysSo) {
  EvalSpec spec;
  spec.mutable_knn()->add_k(200);
  spec.mutable_linear()->set_recipe("MAE");  // batch 16384
  spec.mutable_linear()->mutable_heads()->set_epochs(11);
  const std::vector<json> rows = Rows(spec, Tasks{});
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0]["setting"]["k"], 60);
  EXPECT_EQ(rows[1]["setting"]["batch_size"], 60);
}

TEST(Evaluate, RowsStateWhatWasLeftOut) {
  std::vector<json> rows;
  base::Missing missing;
  EvaluateFeatures(
      {"it", kSetting, {{"skipped", 3}, {"unlabelled", 2}}}, Clusters(60, 1),
      Clusters(30, 2), 3, EvalSpec(), Tasks{},
      [&](const json& row) {
        rows.push_back(row);
        return absl::OkStatus();
      },
      missing);
  ASSERT_EQ(rows.size(), 2);
  for (const json& row : rows) {
    EXPECT_EQ(row["skipped"], 3);
    EXPECT_EQ(row["unlabelled"], 2);
    EXPECT_EQ(row["test_size"], 30);
  }
}

// k-NN refuses the features; it is the probe's row as well.
TEST(Evaluate, ATaskThatFailsIsMissing) {
  LabelledFeatures train = Clusters(60, 1);
  train.features[7].fill_(NAN);
  base::Missing missing;
  EvaluateFeatures(
      {"it", {{"feature", "mean"}, {"block", 5}}}, train, Clusters(30, 2), 3,
      EvalSpec(), Tasks{}, [](const json&) { return absl::OkStatus(); },
      missing);
  const std::vector<std::string> lines = missing.Lines();
  ASSERT_EQ(lines.size(), 2);
  EXPECT_THAT(lines[0], testing::StartsWith("k-NN of it (mean, block 5): train "
                                            "features: row 7 holds NaN"));
  EXPECT_THAT(lines[1], testing::StartsWith("linear probe of it (mean, "));
}

TEST(Evaluate, ARowThatCannotBeKeptCostsItselfAlone) {
  int rows = 0;
  base::Missing missing;
  EvaluateFeatures(
      {"it", kSetting}, Clusters(60, 1), Clusters(30, 2), 3, EvalSpec(),
      Tasks{},
      [&](const json&) {
        ++rows;
        return rows == 1 ? absl::InternalError("disk full") : absl::OkStatus();
      },
      missing);
  EXPECT_EQ(rows, 2);
  EXPECT_THAT(missing.Lines(), testing::ElementsAre("k-NN of it: disk full"));
}

}  // namespace
}  // namespace caldera::eval
