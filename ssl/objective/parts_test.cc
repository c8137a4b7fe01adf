// Registers a component of every seam that is not ours, names it in a spec, and
// runs it.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <glog/logging.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ssl/corruption/corruption.h"
#include "ssl/losses/reconstruction_loss.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/methods/method_plan.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/scorers/patch_scorer.h"
#include "ssl/targets/target.h"
#include "ssl/teachers/teacher.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/ops/linear.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

// Keeps the first patches of each image, or the last.
class Ends : public MaskSampler {
 public:
  explicit Ends(bool last) : sign_(last ? -1 : 1) {}
  Mask Sample(const MaskRequest& request) const override {
    const int64_t n = request.grid.size();
    return MaskFromNoise(at::arange(n, at::kDouble)
                             .mul(sign_)
                             .expand({request.index.size(0), n}),
                         NumKept(n, request.ratio));
  }

 private:
  double sign_;
};
struct EndsOptions {
  std::string end = "first";
  void List(base::OptionList& list) {
    list.Add("end", &end, {"first", "last"}, "which patches stay");
  }
};
const bool kEnds = MaskSamplerPart::Register<EndsOptions>(
    {"test_ends", "", "mae { masking { custom { name: 'test_ends' } } }"},
    [](const EndsOptions& options) {
      return std::make_unique<Ends>(options.end == "last");
    });

class Negative : public Corruption {
 public:
  CorruptionDraws Draw(const base::Streams& /*streams*/,
                       const at::Tensor& index) const override {
    return {index.to(at::kFloat), {}, {}};
  }
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override {
    EXPECT_EQ(draws.per_image.size(0), images.size(0));
    return {-images, {}, {}};
  }
};
const bool kNegative = CorruptionPart::Register<base::NoOptions>(
    {"test_negative", "",
     "mae { corruption { custom { name: 'test_negative' } } "
     "loss { reduction: ALL } decoder { kind: LINEAR } }"},
    [](const base::NoOptions&, const vit::EncoderSpec&) {
      return std::make_unique<Negative>();
    });

// The mean of a patch.
class PatchMean : public Target {
 public:
  explicit PatchMean(int64_t patch) : patch_(patch) {}
  int64_t dim() const override { return 1; }
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* /*teacher*/) const override {
    return {at::avg_pool2d(images, patch_).flatten(1).unsqueeze(2), {}};
  }

 private:
  int64_t patch_;
};
const bool kPatchMean = TargetPart::Register<base::NoOptions>(
    {"test_patch_mean", "",
     "mae { target { custom { name: 'test_patch_mean' } } }"},
    [](const base::NoOptions&, const TargetOptions& given) {
      return std::make_unique<PatchMean>(given.encoder.patch_size());
    });

class FourthPower : public ReconstructionLoss {
 public:
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override {
    const at::Tensor each = (prediction - target).pow(4).mean(2);  // [B, M]
    return {
        weight.defined() ? (each * weight).sum() / weight.sum() : each.mean(),
        each};
  }
};
const bool kFourthPower = ReconstructionLossPart::Register<base::NoOptions>(
    {"test_fourth_power", "",
     "mae { loss { custom { name: 'test_fourth_power' } } }"},
    [](const base::NoOptions&, const vit::EncoderSpec&) {
      return std::make_unique<FourthPower>();
    });

// Scores patches by the lengths of the teacher's tokens.
class Lengths : public PatchScorer {
 public:
  at::Tensor Score(const TeacherOutput& seen) const override {
    return seen.tokens.slice(1, 1).norm(2, 2);
  }
};
const bool kLengths = PatchScorerPart::Register<base::NoOptions>(
    {"test_lengths", "",
     "mae { masking { scored {} } scorer { custom { name: 'test_lengths' } } "
     "teacher { ema {} input: WHOLE } "
     "target { teacher_features {} } }"},
    [](const base::NoOptions&,
       const ScorerOptions& given) -> PatchScorerPart::Result {
      if (given.teacher_reads_full_image) return std::make_unique<Lengths>();
      return absl::InvalidArgumentError("test_lengths: needs a teacher");
    });

const bool kRefused = AuxiliaryLossPart::Register<base::NoOptions>(
    {"test_refused", ""}, [](const base::NoOptions&, const ModelSizes&) {
      return AuxiliaryLossPart::Result(
          absl::InvalidArgumentError("test_refused: always"));
    });

// A copy of the student that never changes.
class FirstTeacher : public Teacher {
 public:
  explicit FirstTeacher(const vit::Encoder& student)
      : Teacher(std::make_shared<vit::Encoder>(student.spec())) {
    CHECK(vit::LoadStateDict(*encoder_, vit::GetStateDict(student), "").ok());
  }
  TeacherOutput Forward(const at::Tensor& images,
                        const TeacherRequest& request) override {
    return Run(images, request);
  }
};
class FirstPlan : public TeacherPlan {
 public:
  explicit FirstPlan(const vit::EncoderSpec& student) : student_(student) {}
  const vit::EncoderSpec& encoder() const override { return student_; }
  absl::StatusOr<std::shared_ptr<Teacher>> Build(
      const vit::Encoder& student) const override {
    return std::make_shared<FirstTeacher>(student);
  }

 private:
  vit::EncoderSpec student_;
};
const bool kFirst = TeacherPart::Register<base::NoOptions>(
    {"test_first", "",
     "mae { teacher { custom { name: 'test_first' } input: WHOLE } "
     "target { teacher_features {} } }"},
    [](const base::NoOptions&, const vit::EncoderSpec& student) {
      return std::make_unique<FirstPlan>(student);
    });

// Predicts the mean of an image's pixels from its CLS token.
class Brightness : public Method {
 public:
  Brightness(const vit::EncoderSpec& encoder, const ContextRequest& request,
             uint64_t seed)
      : Method(request) {
    encoder_ =
        register_module("encoder", std::make_shared<vit::Encoder>(encoder));
    head_ = register_module(
        "head", std::make_shared<vit::Linear>(encoder.embed_dim(), 1));
    vit::InitializeVit(*this, seed);
  }

  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& /*streams*/) override {
    const std::vector<int64_t> taps = BlocksToTap(request());
    const vit::EncoderOutput seen =
        encoder_->forward(batch.views[0], std::nullopt, taps);
    StepOutput out;
    out.embedding = Embedding(seen.tokens);
    out.context.latent = seen.tokens;
    for (size_t i = 0; i < taps.size(); ++i) {
      FillTap(request(), taps[i], seen.taps[i], out.context);
    }
    const at::Tensor guess = head_->forward(seen.tokens.select(1, 0));
    const at::Tensor bright = batch.views[0].flatten(1).mean(1, true);
    out.terms = {{"brightness", (guess - bright).square().mean(), 1}};
    return out;
  }
  vit::Encoder& encoder() override { return *encoder_; }
  vit::StateDict NamedState() const override {
    vit::StateDict state = vit::GetStateDict(*encoder_);
    state.merge(vit::GetStateDict(*head_));
    return state;
  }

 private:
  std::shared_ptr<vit::Encoder> encoder_;
  std::shared_ptr<vit::Linear> head_;
};
const bool kBrightness = MethodPart::Register<base::NoOptions>(
    {"test_brightness", "", "custom { name: 'test_brightness' }"},
    [](const base::NoOptions&, const Experiment& of) {
      auto plan = std::make_unique<MethodPlan>();
      plan->build = [&of](const ContextRequest& request, const data::Dataset*) {
        return std::make_shared<Brightness>(of.encoder(), request, of.seed());
      };
      return plan;
    });

TEST(Parts, AreAmongTheTinyMethodsAndLearn) {
  const auto methods = TinyMethods();
  for (const char* name :
       {"test_ends", "test_negative", "test_patch_mean", "test_fourth_power",
        "test_lengths", "test_first", "test_brightness", "koleo"}) {
    SCOPED_TRACE(name);
    ASSERT_EQ(methods.count(name), 1);
    const TinyModel model(methods.at(name));
    const DeviceBatch batch = TinyBatch(methods.at(name), 6);
    const StepOutput out = model.method->Step(batch, {0, 0});
    const at::Tensor total = model.Total(out);
    total.backward();
    EXPECT_TRUE(total.isfinite().item<bool>());
    for (const auto& [parameter, value] : model.Parameters()) {
      EXPECT_TRUE(value.grad().defined()) << parameter;
    }
  }
}

TEST(Parts, ReadTheirOptions) {
  Experiment experiment = TinyMethods().at("test_ends");
  const auto kept = [&] {
    const TinyModel model(experiment);
    const StepOutput out = model.method->Step(TinyBatch(experiment, 2), {0, 0});
    return std::get<0>(out.context.mask.ids_keep[1].sort());
  };
  EXPECT_TRUE(at::equal(kept(), at::arange(4)));
  experiment.mutable_mae()->mutable_masking()->mutable_custom()->add_option(
      "end=last");
  EXPECT_TRUE(at::equal(kept(), at::arange(12, 16)));
}

TEST(Parts, AMethodTakesAuxiliaryTermsOn) {
  Experiment experiment = TinyMethods().at("test_brightness");
  experiment.mutable_regularizer()->mutable_magma();
  experiment.add_auxiliary()->mutable_custom()->set_name("koleo");
  const TinyModel model(experiment);
  const StepOutput out = model.method->Step(TinyBatch(experiment, 6), {0, 0});
  const TotalLoss loss =
      model.objective.Combine(out, 0, RunLength{}, /*diagnostics=*/false);
  ASSERT_EQ(loss.terms.size(), 3);
  EXPECT_TRUE(loss.total.isfinite().item<bool>());
}

std::string ErrorOf(const std::string& text) {
  return std::string(
      ExperimentPlan::Make(TinyExperiment(text)).status().message());
}

TEST(Parts, ErrorsNameTheField) {
  EXPECT_THAT(
      ErrorOf("mae { masking { custom { name: 'test_end' } } }"),
      testing::StartsWith("mae.masking.custom.name: \"test_end\" is not "
                          "a registered part of this kind; did you mean "
                          "\"test_ends\"?"));
  EXPECT_THAT(
      ErrorOf(
          "mae { masking { custom { name: 'test_ends' option: 'end=x' } } }"),
      testing::StartsWith("mae.masking.custom.option[0]: end=x is none of"));
  EXPECT_THAT(ErrorOf("mae { target { custom {} } }"),
              HasSubstr("mae.target.custom.name: none is given"));
  EXPECT_THAT(ErrorOf("mae { loss { custom { name: 'test_ends' } } }"),
              HasSubstr("mae.loss.custom.name: \"test_ends\" is no"));
  EXPECT_THAT(ErrorOf("mae { corruption { custom { name: 'x' } } }"),
              HasSubstr("mae.corruption.custom.name"));
  EXPECT_THAT(ErrorOf("mae { masking { scored {} } scorer { custom { name: "
                      "'test_lengths' } } }"),
              HasSubstr("mae.scorer.custom.test_lengths: needs a teacher"));
  EXPECT_THAT(ErrorOf("mae {} auxiliary { custom { name: 'test_refused' } }"),
              HasSubstr("auxiliary[0].custom.test_refused: always"));
  EXPECT_THAT(ErrorOf("custom { name: 'test_brightnes' }"),
              HasSubstr("custom.name: \"test_brightnes\" is not a registered"));
  EXPECT_THAT(
      ErrorOf("custom { name: 'test_brightness' option: 'a=1' }"),
      HasSubstr("custom.option[0]: test_brightness has no option \"a\""));
  // A corruption that replaces no patches has no number of them.
  EXPECT_THAT(ErrorOf("mae { corruption { custom { name: 'test_negative' } } "
                      "decoder { kind: LINEAR } }"),
              HasSubstr("mae.loss.reduction: MASKED counts by patches"));
}

}  // namespace
}  // namespace caldera::ssl
