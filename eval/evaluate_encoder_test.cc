#include "eval/evaluate_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/program/missing.h"
#include "data/loader/bad_images.h"
#include "eval/features/evaluation_sets.h"
#include "eval/features/labelled_images_testing.h"
#include "eval/features/tiny_encoder_testing.h"
#include "eval/measuring_plan.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

// Counts how often images are read.
class CountedImages : public LabelledImages {
 public:
  using LabelledImages::LabelledImages;
  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    ++reads;
    return LabelledImages::Image(i);
  }
  mutable std::atomic<int> reads{0};
};

class EvaluateEncoderTest : public testing::Test {
 protected:
  EvaluateEncoderTest() { spec_.set_workers(0); }  // nothing is read ahead

  // Returns an error, or what is missing.
  absl::Status Evaluate(const Tasks& tasks) {
    rows_.clear();
    EvaluationSets sets;
    sets.train = train_;
    sets.test = test_;
    sets.num_classes = 4;
    sets.train_bad = train_bad_;
    sets.test_bad = test_bad_;
    base::Missing missing;
    const absl::Status status = EvaluateEncoder(
        "it", *encoder_, sets, spec_, tasks, at::kCPU,
        [this](const json& row) {
          rows_.push_back(row);
          return absl::OkStatus();
        },
        missing);
    lines_ = missing.Lines();
    if (!status.ok() || missing.empty()) return status;
    return absl::InternalError(lines_[0]);
  }

  HeadsSpec& Heads(const std::string& recipe) {
    spec_.mutable_linear()->set_recipe(recipe);
    HeadsSpec& heads = *spec_.mutable_linear()->mutable_heads();
    heads.set_batch_size(40);
    heads.set_epochs(30);
    heads.set_warmup_epochs(2);
    heads.mutable_augment()->set_horizontal_flip(0.5);
    return heads;
  }

  // Adds the feature of block 0, which does not read the final norm.
  void AddFirstBlock() {
    ReadoutSpec& readout = *spec_.add_readout();
    readout.add_block(0);
    readout.set_final_norm(false);
  }

  std::shared_ptr<vit::Encoder> encoder_ = TinyEncoder(1);
  std::shared_ptr<CountedImages> train_ = std::make_shared<CountedImages>(100);
  std::shared_ptr<CountedImages> test_ = std::make_shared<CountedImages>(40, 1);
  std::shared_ptr<data::BadImages> train_bad_, test_bad_;
  EvalSpec spec_;
  std::vector<json> rows_;
  std::vector<std::string> lines_;
};

TEST_F(EvaluateEncoderTest, SeveralFeaturesComeFromOnePassOverTheImages) {
  spec_.add_readout()->set_feature("CLS");
  spec_.add_readout()->add_block(0);
  ASSERT_TRUE(Evaluate(Tasks{}).ok());
  EXPECT_EQ(train_->reads, 100);
  EXPECT_EQ(test_->reads, 40);
  ASSERT_EQ(rows_.size(), 4);
  EXPECT_EQ(rows_[0]["task"], "knn");
  EXPECT_EQ(rows_[0]["setting"]["feature"], "cls");
  EXPECT_EQ(rows_[0]["setting"]["block"], 1);
  EXPECT_EQ(rows_[1]["task"], "linear");
  EXPECT_EQ(rows_[3]["setting"]["feature"], "mean");
  EXPECT_EQ(rows_[3]["setting"]["block"], 0);
  EXPECT_EQ(rows_[3]["train_size"], 100);
  EXPECT_EQ(rows_[3]["test_size"], 40);
  EXPECT_GT(rows_[1]["top1"], 90);
}

TEST_F(EvaluateEncoderTest, RowsDoNotDependOnTheMemory) {
  spec_.add_readout()->set_feature("CLS");
  spec_.add_readout()->add_block(0);
  for (const std::string recipe : {"LBFGS", "MAGMA", "pooled"}) {
    SCOPED_TRACE(recipe);
    if (recipe != "LBFGS") Heads("MAGMA").set_epochs(3);
    if (recipe == "pooled") spec_.mutable_linear()->mutable_attention_pooling();
    spec_.set_memory_gb(0);
    train_->reads = 0;
    ASSERT_TRUE(Evaluate(Tasks{}).ok());
    const std::vector<json> rows = rows_;
    const int reads = train_->reads;
    ASSERT_EQ(rows.size(), 4);

    const int64_t one =
        PlanEncoder({train_, test_, 4}, TinyEncoderSpec(), {Readout()}, spec_,
                    Tasks{}, at::kCPU, int64_t{1} << 60)
            .bytes;
    spec_.set_memory_gb(1.000001e-9 * one);
    train_->reads = 0;
    ASSERT_TRUE(Evaluate(Tasks{}).ok());
    EXPECT_EQ(train_->reads, 2 * reads);  // a pass for each feature
    ASSERT_EQ(rows_.size(), 4);
    for (const json& row : rows_) {
      EXPECT_EQ(std::count(rows.begin(), rows.end(), row), 1) << row;
    }
  }
  // What fits nowhere is left out.
  spec_.set_memory_gb(1e-7);
  ASSERT_TRUE(Evaluate(Tasks{}).ok());
  EXPECT_TRUE(rows_.empty());
}

TEST_F(EvaluateEncoderTest, HeadsLearnFromImagesAugmentedInEveryEpoch) {
  HeadsSpec& heads = Heads("MAGMA");
  heads.add_base_lr(1e-9);
  heads.add_base_lr(5);
  ASSERT_TRUE(Evaluate({false, true}).ok());
  ASSERT_EQ(rows_.size(), 1);
  EXPECT_EQ(rows_[0]["setting"]["images"], "augmented");
  EXPECT_EQ(rows_[0]["setting"]["base_lr"], 5.0);
  EXPECT_EQ(rows_[0]["train_size"], 100);
  EXPECT_GT(rows_[0]["top1"], 70);
  EXPECT_GT(rows_[0]["held_out_top1"], 70);
  // The heads read 30 epochs of the 80 images that fill batches, out of the 90
  // that are not held out.
  EXPECT_EQ(train_->reads, 10 + 30 * 80);
}

TEST_F(EvaluateEncoderTest, CachedHeadsReadTheImagesOnce) {
  HeadsSpec& heads = Heads("MAE");
  heads.set_images(HeadsSpec::CACHED);
  heads.add_base_lr(30);
  heads.set_epochs(200);
  ASSERT_TRUE(Evaluate(Tasks{}).ok());
  EXPECT_EQ(train_->reads, 100);
  ASSERT_EQ(rows_.size(), 2);
  EXPECT_EQ(rows_[1]["setting"]["images"], "cached");
  EXPECT_EQ(rows_[1]["setting"]["recipe"], "mae");
  EXPECT_GT(rows_[1]["top1"], 70);
}

TEST_F(EvaluateEncoderTest, AttentionPoolingReadsAllPatches) {
  HeadsSpec& heads = Heads("MAGMA");
  heads.add_base_lr(1e-9);
  heads.add_base_lr(5);
  spec_.mutable_linear()->mutable_attention_pooling();
  ASSERT_TRUE(Evaluate({false, true}).ok());
  ASSERT_EQ(rows_.size(), 1);
  EXPECT_EQ(rows_[0]["setting"]["feature"], "patches");
  EXPECT_EQ(rows_[0]["setting"]["pooling"], "attention");
  EXPECT_EQ(rows_[0]["setting"]["base_lr"], 5.0);
  EXPECT_GT(rows_[0]["held_out_top1"], 70);
  EXPECT_GT(rows_[0]["top1"], 70);
  // The counts are those without pooling, since nothing is kept (see above).
  EXPECT_EQ(train_->reads, 10 + 30 * 80);
  EXPECT_EQ(test_->reads, 40);

  heads.set_images(HeadsSpec::CACHED);
  spec_.add_readout()->set_feature("CLS");
  spec_.add_readout()->set_feature("MEAN");  // the same patches
  spec_.add_readout()->add_block(0);
  train_->reads = test_->reads = 0;
  ASSERT_TRUE(Evaluate(Tasks{}).ok());
  ASSERT_EQ(rows_.size(), 5);  // k-NN of three features, two sets of patches
  EXPECT_EQ(rows_[3]["setting"]["block"], 1);
  EXPECT_EQ(rows_[4]["setting"]["block"], 0);
  EXPECT_GT(rows_[3]["top1"], 70);
  EXPECT_EQ(train_->reads, 100 + 10 + 90);
  EXPECT_EQ(test_->reads, 40 + 40);
}

TEST_F(EvaluateEncoderTest, RowsTellLinearAttentionApart) {
  Heads("MAGMA").add_base_lr(5);
  spec_.mutable_linear()->mutable_attention_pooling()->set_depth(1);
  ASSERT_TRUE(Evaluate({false, true}).ok());
  ASSERT_EQ(rows_.size(), 1);
  EXPECT_EQ(rows_[0]["setting"]["pooling"], "linear attention");
  EXPECT_GT(rows_[0]["top1"], 70);
}

TEST_F(EvaluateEncoderTest, PoolingRefusesNans) {
  Heads("MAE");
  spec_.mutable_linear()->mutable_attention_pooling();
  encoder_->named_parameters()["norm.bias"].data().fill_(NAN);
  const std::string message(Evaluate({false, true}).message());
  EXPECT_EQ(message.find("linear probe of it (patches, block 1): train "
                         "features: row 0 holds NaN"),
            0)
      << message;
}

TEST_F(EvaluateEncoderTest, MistakesAreFoundBeforeAnyImageIsRead) {
  spec_.add_readout()->add_block(9);
  EXPECT_EQ(Evaluate(Tasks{}).message().find("readout[0].block: 9 "), 0);
  EXPECT_EQ(train_->reads, 0);
}

TEST_F(EvaluateEncoderTest, ABatchAboveTheImagesIsLimited) {
  Heads("MAE").set_batch_size(101);
  ASSERT_TRUE(Evaluate({false, true}).ok());
  ASSERT_EQ(rows_.size(), 1);
  EXPECT_EQ(rows_[0]["setting"]["batch_size"], 100);
}

TEST_F(EvaluateEncoderTest, NansInTheWeightsCostTheirRows) {
  encoder_->named_parameters()["norm.bias"].data().fill_(NAN);
  spec_.add_readout();
  AddFirstBlock();
  Evaluate(Tasks{}).IgnoreError();
  ASSERT_EQ(rows_.size(), 2);
  EXPECT_EQ(rows_[0]["setting"]["block"], 0);
  ASSERT_EQ(lines_.size(), 2);
  EXPECT_EQ(lines_[0].find("k-NN of it (mean, block 1): train features: row 0 "
                           "holds NaN"),
            0)
      << lines_[0];
  EXPECT_EQ(lines_[1].find("linear probe of it (mean, block 1): "), 0);
}

// Heads of both features learn in one pass, which the NaN ends; then each
// alone.
TEST_F(EvaluateEncoderTest, NansOfOneFeatureLeaveTheHeadsOfTheOther) {
  encoder_->named_parameters()["norm.bias"].data().fill_(NAN);
  Heads("MAGMA").add_base_lr(5);
  spec_.add_readout();
  AddFirstBlock();
  Evaluate({false, true}).IgnoreError();
  ASSERT_EQ(rows_.size(), 1);
  EXPECT_EQ(rows_[0]["setting"]["block"], 0);
  ASSERT_EQ(lines_.size(), 1);
  EXPECT_EQ(lines_[0].find("linear probe of it (mean, block 1): "), 0);
}

TEST_F(EvaluateEncoderTest, AnImageThatCannotBeReadCostsTheRows) {
  test_->bad_image = 3;
  const std::string message(Evaluate(Tasks{}).message());
  EXPECT_EQ(message,
            "k-NN and linear probe of it: bars, image 3: bars.bin: cut off");
  EXPECT_TRUE(rows_.empty());
}

// Every tenth image is damaged, and is passed over by every way of measuring.
TEST_F(EvaluateEncoderTest, ImagesThatCannotBeReadAreLeftOut) {
  for (auto* set : {train_.get(), test_.get()}) set->bad_every = 10;
  train_bad_ = std::make_shared<data::BadImages>();
  test_bad_ = std::make_shared<data::BadImages>();
  spec_.mutable_knn()->add_k(100);  // 90 are left
  for (const std::string recipe : {"LBFGS", "MAGMA"}) {
    for (const auto images : {HeadsSpec::CACHED, HeadsSpec::AUGMENTED}) {
      for (const bool pooled : {false, true}) {
        spec_.clear_linear();
        if (recipe == "MAGMA") {
          HeadsSpec& heads = Heads(recipe);
          heads.set_images(images);
          heads.set_batch_size(100);
          heads.set_epochs(3);
          heads.add_base_lr(0.1);
          if (pooled) spec_.mutable_linear()->mutable_attention_pooling();
        }
        SCOPED_TRACE(spec_.ShortDebugString());
        ASSERT_TRUE(Evaluate(Tasks{}).ok()) << lines_[0];
        ASSERT_EQ(rows_.size(), 2);
        EXPECT_EQ(rows_[0]["setting"]["k"], 90);
        for (const json& row : rows_) {
          EXPECT_EQ(row["train_size"], 90);
          EXPECT_EQ(row["test_size"], 36);
          EXPECT_EQ(row["skipped"], 4);
          EXPECT_EQ(row["train_skipped"], 10);
          EXPECT_FALSE(row.contains("unlabelled"));
        }
      }
    }
  }
  EXPECT_EQ(train_bad_->count(), 10);
}

TEST_F(EvaluateEncoderTest, SetsSayWhatIsLeftOut) {
  EvaluationSets sets;
  sets.train = train_;
  sets.test = test_;
  EXPECT_EQ(LeftOut(sets, 100, 40), json::object());
  sets.test_unlabelled = 2;
  sets.unseen = 5;
  EXPECT_EQ(LeftOut(sets, 99, 40),
            json({{"train_skipped", 1}, {"unlabelled", 2}, {"unseen", 5}}));
}

}  // namespace
}  // namespace caldera::eval
