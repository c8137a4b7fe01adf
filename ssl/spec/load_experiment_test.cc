#include "ssl/spec/load_experiment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "base/spec_fields.h"
#include "data/decode/bmp_testing.h"
#include "ssl/optim/algorithms/adamw.pb.h"
#include "ssl/spec/find_spec.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string WriteSpec(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name + ".textproto";
  std::ofstream(path) << text;
  return path;
}

std::string ErrorOf(const std::string& spec,
                    const std::vector<std::string>& overrides) {
  const auto experiment = LoadExperiment(spec, overrides);
  EXPECT_FALSE(experiment.ok());
  return std::string(experiment.status().message());
}

constexpr char kMae[] = "fashion_mnist/mae";

// //ssl/specs:specs_test checks that all specs load.
TEST(SpecNames, AreExperimentsAndNotTheirParts) {
  const std::vector<std::string> names = SpecNames();
  EXPECT_THAT(names, testing::Contains(kMae));
  EXPECT_THAT(names, testing::Each(Not(testing::StartsWith("recipes/"))));
  EXPECT_TRUE(FindSpec("recipes/uniformity").ok());  // to inherit
}

TEST(LoadExperiment, ParentsMergeFirstAndADiamondCountsOnce) {
  const auto m_mae = LoadExperiment("fashion_mnist/m_mae", {});
  const auto mu_mae = LoadExperiment("fashion_mnist/mu_mae", {});
  ASSERT_TRUE(m_mae.ok()) << m_mae.status();
  ASSERT_TRUE(mu_mae.ok()) << mu_mae.status();
  EXPECT_EQ(m_mae->inherit_size(), 0);
  EXPECT_EQ(m_mae->encoder().patch_size(), 7);  // from mae
  EXPECT_TRUE(m_mae->regularizer().has_magma());
  EXPECT_TRUE(mu_mae->regularizer().has_magma());
  EXPECT_EQ(mu_mae->auxiliary_size(), 1);
  EXPECT_EQ(mu_mae->eval().knn().k_size(), 1);  // mae's list, once
}

TEST(LoadExperiment, AnOwnSpecInheritsAndOverridesByPath) {
  const std::string path = WriteSpec(
      "child", "inherit: \"fashion_mnist/mae\"\ntrain { epochs: 2 }\n");
  const auto experiment = LoadExperiment(path, {});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->train().length_case(), TrainSpec::kEpochs);
}

TEST(LoadExperiment, DefaultsAreWrittenOut) {
  const auto experiment = LoadExperiment(kMae, {});
  ASSERT_TRUE(experiment.ok());
  EXPECT_TRUE(experiment->optimizer().GetExtension(adamw).has_eps());
  EXPECT_THAT(ExperimentText(*experiment), HasSubstr("beta2: 0.95"));
}

TEST(LoadExperiment, AModelOfTheZooBecomesItsSizes) {
  const std::string sizes = "image_size: 28 patch_size: 4 channels: 1 depth: 6";
  const auto experiment =
      LoadExperiment(kMae, {"encoder={model: \"vit_tiny\" " + sizes + "}"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->encoder().embed_dim(), 192);
  EXPECT_EQ(experiment->encoder().num_heads(), 3);
  EXPECT_EQ(experiment->encoder().depth(), 6);
  EXPECT_FALSE(experiment->encoder().has_model());
  EXPECT_THAT(ErrorOf(kMae, {"encoder={model: \"vit_tinny\" " + sizes + "}"}),
              HasSubstr("encoder.model: \"vit_tinny\" is not in the zoo"));
}

TEST(LoadExperiment, TextReadsBackAsTheSameExperiment) {
  const auto experiment = LoadExperiment("fashion_mnist/mu_mae", {});
  ASSERT_TRUE(experiment.ok());
  const std::string path = WriteSpec("resolved", ExperimentText(*experiment));
  const auto again = ReadResolvedExperiment(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ExperimentText(*again), ExperimentText(*experiment));
}

TEST(LoadExperiment, FieldsThatAreYoungerThanTheFileHaveTheirDefaults) {
  const auto experiment = LoadExperiment("fashion_mnist/mu_mae", {});
  ASSERT_TRUE(experiment.ok());
  Experiment older = *experiment;
  older.mutable_regularizer()->clear_observe_only();
  older.mutable_train()->clear_keep_checkpoints();
  const auto again =
      ReadResolvedExperiment(WriteSpec("older", ExperimentText(older)));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ExperimentText(*again), ExperimentText(*experiment));
}

TEST(Override, ValuesOfEveryKind) {
  const auto experiment = LoadExperiment(
      "fashion_mnist/mu_mae",
      {"train.epochs=5", "optimizer.base_lr=1e-3", "eval.knn.k=[10,20]",
       "auxiliary[0].weight.constant=0.02", "mae.norm_pix_loss=false",
       "eval.feature=CLS", "regularizer={uniformity{} observe_only: true}",
       "seed=7"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->train().epochs(), 5);
  EXPECT_EQ(experiment->optimizer().base_lr(), 1e-3);
  ASSERT_EQ(experiment->eval().knn().k_size(), 2);
  EXPECT_EQ(experiment->eval().knn().k(1), 20);
  EXPECT_EQ(experiment->auxiliary(0).weight().constant(), 0.02);
  EXPECT_FALSE(experiment->mae().norm_pix_loss());
  EXPECT_EQ(experiment->eval().feature(), "CLS");
  EXPECT_TRUE(experiment->regularizer().has_uniformity());
  EXPECT_FALSE(experiment->regularizer().has_weight());  // replaced as a whole
  EXPECT_EQ(experiment->seed(), 7);
}

TEST(Override, StringsNeedNoQuotes) {
  const auto experiment =
      LoadExperiment(kMae, {"data.dataset=/some/folder \"x\""});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->data().dataset(), "/some/folder \"x\"");
  for (const std::string path :
       {"[old] sets/a", "\"a\" and b", "it's", "a{b}", "~/Gr\xF6\n,b",
        "\xC3\xB6 # no comment", "back\\slash", "\"", "a=b"}) {
    const auto other = LoadExperiment(kMae, {"data.dataset=" + path});
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_EQ(other->data().dataset(), path);
    Experiment read;
    ASSERT_TRUE(base::ParseSpec(ExperimentText(*other), &read)) << path;
    EXPECT_EQ(read.data().dataset(), path);
  }
  EXPECT_EQ(LoadExperiment(kMae, {"data.dataset=\" a \""})->data().dataset(),
            " a ");
}

TEST(Override, ErrorsSayWhatAndWhere) {
  const struct {
    const char* argument;
    std::vector<std::string> parts;
  } kTable[] = {
      {"train.epoch=5",
       {"unknown field \"epoch\" in TrainSpec; did you mean \"epochs\"?",
        "(argument \"train.epoch=5\")"}},
      {"trian.epochs=5", {"unknown field \"trian\"", "\"train\""}},
      {"train.epochs=five", {"double", "five"}},
      {"train.batch_size=1.5", {"integer"}},
      {"mae.norm_pix_loss=maybe", {"norm_pix_loss", "maybe"}},
      {"train", {"field=value"}},
      {"train.epochs=", {"the value is empty"}},
      {"train=5", {"has fields of its own"}},
      {"seed.x=5", {"is a value"}},
      {"auxiliary[3].weight.constant=1", {"list of 0"}},
      {"eval.knn.k[0]=3", {"complete list"}},
      {"encoder[0].depth=1", {"is not a list"}},
      {"encoder..depth=1", {"not a field name"}},
  };
  for (const auto& row : kTable) {
    const std::string error = ErrorOf(kMae, {row.argument});
    for (const std::string& part : row.parts) {
      EXPECT_THAT(error, HasSubstr(part)) << row.argument;
    }
  }
}

TEST(Validation, NamesFieldValueAndOrigin) {
  EXPECT_THAT(ErrorOf(kMae, {"encoder.patch_size=5"}),
              HasSubstr("encoder.patch_size: 5 does not divide image_size 28 "
                        "(argument \"encoder.patch_size=5\")"));
  const std::string path = WriteSpec(
      "bad", "inherit: \"fashion_mnist/mae\"\n\nmae {\n  mask_ratio: 1.5\n}\n");
  EXPECT_THAT(
      ErrorOf(path, {}),
      HasSubstr("mae.mask_ratio: 1.5 is not in [0, 1) (" + path + ":4)"));
}

TEST(Validation, RefusesWhatCannotTrain) {
  for (const char* argument :
       {"train.batch_size=0",
        "train.epochs=-1",
        "train.steps=0",
        "train.keep_checkpoints=0",
        "train.keep_every={epochs: -1}",
        "train.online={every{share: 2}}",
        "train.online={lr: 0}",
        "train.online={knn_images: -1}",
        "train.online={test_images: -1}",
        "train.pictures_every={steps: -5}",
        "train.accumulate_steps=0",
        "train.accumulate_steps=7",
        "optimizer.base_lr=-1",
        "optimizer.adamw.beta1=1",
        "optimizer.lars.momentum=1",
        "mae.mask_ratio=0.99",
        "mae.mask_ratio=0",
        "encoder.num_heads=5",
        "encoder.depth=0",
        "mae.decoder.embed_dim=30",
        "data.augment.horizontal_flip=2",
        "eval.knn.k=[0]",
        "optimizer.warmup={share: 2}",
        "regularizer={weight{constant: 1}}",
        "regularizer={magma{pair{reference: 5 target: 9}}}",
        "auxiliary={uniformity{} weight{window{start{epochs: -1}}}}"}) {
    const std::string error = ErrorOf(kMae, {argument});
    EXPECT_THAT(error, HasSubstr(": ")) << argument;
    const std::string field =
        std::string(argument).substr(0, std::string(argument).find('='));
    EXPECT_EQ(error.find(field.substr(0, field.find('.'))), 0) << error;
  }
}

TEST(Files, UnknownNamesAreAnsweredWithTheNearest) {
  EXPECT_THAT(ErrorOf("fashion_mnist/m_mea", {}),
              testing::AllOf(HasSubstr("did you mean \"fashion_mnist/m_mae\"?"),
                             HasSubstr("There are: fashion_mnist/"),
                             Not(HasSubstr("cifar10/"))));
  EXPECT_THAT(ErrorOf("cifar/mae", {}),
              HasSubstr("There are specs for cifar10, "));
  EXPECT_THAT(ErrorOf("/nowhere/x.textproto", {}),
              HasSubstr("/nowhere/x.textproto"));
}

TEST(Files, AreFoundInTheHomeFolder) {
  setenv("HOME", testing::TempDir().c_str(), 1);
  WriteSpec("home", "inherit: \"fashion_mnist/mae\" seed: 7\n");
  WriteSpec("child", "inherit: \"~/home.textproto\"\n");
  const auto experiment = LoadExperiment("~/child.textproto", {});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->seed(), 7);
}

TEST(Files, AMissingOneSaysWhy) {
  EXPECT_THAT(ErrorOf("~no such user/x.textproto", {}),
              HasSubstr("there is no user \"no such user\""));
  EXPECT_THAT(ErrorOf(std::string(300, 'x') + ".textproto", {}),
              HasSubstr("File name too long"));
  const std::string folder = testing::TempDir() + "/folder.textproto";
  std::filesystem::create_directories(folder);
  EXPECT_THAT(ErrorOf(folder, {}), HasSubstr("it is a folder"));
}

TEST(Files, ErrorsHaveFileAndLine) {
  const std::string unknown = WriteSpec("unknown", "\ntrain { epoch: 3 }\n");
  EXPECT_THAT(ErrorOf(unknown, {}),
              HasSubstr(unknown + ":2: unknown field \"epoch\" in TrainSpec"));
  const std::string broken = WriteSpec("broken", "train { epochs: 3 \n");
  EXPECT_THAT(ErrorOf(broken, {}), HasSubstr(broken + ":"));
  const std::string parent = WriteSpec("orphan", "inherit: \"no/such\"\n");
  EXPECT_THAT(ErrorOf(parent, {}), HasSubstr("inherit in " + parent));
  const std::string self = testing::TempDir() + "/self.textproto";
  WriteSpec("self", "inherit: \"" + self + "\"\n");
  EXPECT_THAT(ErrorOf(self, {}), HasSubstr("is a circle"));
}

// A folder of `count` photos by year.
std::string WritePhotos(const std::string& name, int count) {
  const std::string folder = base::NewFolder(name);
  for (int i = 0; i < count; ++i) {
    const std::string year = absl::StrCat(folder, "/", 2000 + i % 3);
    std::filesystem::create_directories(year);
    base::WriteFile(absl::StrCat(year, "/", i, ".bmp"),
                    data::BmpBytes(8, 8, i, 20, 30));
  }
  return folder;
}

TEST(LoadPlan, FitChoosesWhatIsLeftOpen) {
  FitOptions options;
  std::vector<std::string> reasons;
  options.reasons = &reasons;
  const std::string data = "data.dataset=" + WritePhotos("fitted", 60);
  const auto plan = LoadPlan("photos/mae", {data}, options);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const Experiment& experiment = plan->experiment();
  EXPECT_FALSE(experiment.has_fit());
  EXPECT_EQ(experiment.encoder().image_size(), 96);
  EXPECT_EQ(experiment.encoder().embed_dim(), 192);
  EXPECT_EQ(experiment.train().batch_size(), 8);  // 60 without those held out
  EXPECT_GE(experiment.train().epochs(), 1000 / 8);
  EXPECT_FALSE(reasons.empty());
  // The choices are those of a spec that has them: nothing is chosen again.
  const std::string text = ExperimentText(experiment);
  base::WriteFile(testing::TempDir() + "/chosen.textproto", text);
  const auto again =
      LoadExperiment(testing::TempDir() + "/chosen.textproto", {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ExperimentText(*again), text);
}

TEST(LoadPlan, WhatIsSaidWinsOverFit) {
  const std::string data = "data.dataset=" + WritePhotos("said", 20);
  const auto experiment = LoadExperiment(
      "photos/mae",
      {data, "encoder.model=vit_small", "train.batch_size=2", "train.steps=3"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->encoder().embed_dim(), 384);
  EXPECT_EQ(experiment->train().batch_size(), 2);
  EXPECT_EQ(experiment->train().steps(), 3);
}

// Photos that are added later do not make another run of it.
TEST(LoadPlan, ARunFolderKeepsItsChoices) {
  const std::string folder = WritePhotos("grows", 20);
  const auto first = LoadExperiment("photos/mae", {"data.dataset=" + folder});
  ASSERT_TRUE(first.ok()) << first.status();
  FitOptions options;
  options.run_dir = base::NewFolder("chosen_run");
  base::WriteFile(options.run_dir + "/experiment.textproto",
                  ExperimentText(*first));
  for (int i = 100; i < 200; ++i) {
    base::WriteFile(absl::StrCat(folder, "/", i, ".bmp"),
                    data::BmpBytes(8, 8, i, 20, 30));
  }
  const auto resumed =
      LoadPlan("photos/mae", {"data.dataset=" + folder}, options);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(ExperimentText(resumed->experiment()), ExperimentText(*first));
  const auto anew = LoadExperiment("photos/mae", {"data.dataset=" + folder});
  ASSERT_TRUE(anew.ok()) << anew.status();
  EXPECT_NE(anew->train().batch_size(), first->train().batch_size());
}

TEST(LoadPlan, FitNeedsImagesToCount) {
  const auto none = LoadPlan("photos/mae", {});
  EXPECT_THAT(std::string(none.status().message()),
              StartsWith("data.dataset: is not given"));
  const auto missing = LoadPlan("photos/mae", {"data.dataset=/nowhere"});
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("/nowhere"));
  const auto length = LoadPlan("photos/mae", {"fit.length=-1"});
  EXPECT_THAT(std::string(length.status().message()),
              StartsWith("fit.length: -1 "));
}

}  // namespace
}  // namespace caldera::ssl
