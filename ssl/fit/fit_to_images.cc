#include "ssl/fit/fit_to_images.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/spec_fields.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kGigabyte = 1'000'000'000;

// From so many images on a larger model learns more than it memorises.
constexpr int64_t kImagesForBase = 20000;
// Parameters, moments and a batch of ViT-B do not fit beside each other below.
constexpr int64_t kMemoryForBase = 20 * kGigabyte;

// An epoch has at least so many batches, so that a batch is no fixed group.
constexpr int64_t kBatchesAnEpoch = 4;
constexpr int64_t kCpuBatch = 64, kGpuBatch = 1024;

// MAE's longer schedules are 400 to 1600 passes over ImageNet; few photos are
// shown more often, until the least steps are done.
constexpr double kPasses = 400;
constexpr double kCpuSteps[] = {1000, 5000}, kGpuSteps[] = {10000, 200000};

// AdamW's rate grows with the root of the batch (Malladi et al., NeurIPS 2022)
// from that of MAE: 1.5e-4 * 4096 / 256.
constexpr double kMaeRate = 2.4e-3, kMaeBatch = 4096;

constexpr int64_t kMostWorkers = 16;

// Returns the largest power of two that is at most `most`, at least 1.
int64_t PowerOfTwo(int64_t most) {
  int64_t power = 1;
  while (power <= most / 2) power *= 2;
  return power;
}

// A number with two digits, as a person would write it.
double Rounded(double value) {
  const double unit = std::pow(10, std::floor(std::log10(value)) - 1);
  return std::stod(absl::StrFormat("%.1e", std::round(value / unit) * unit));
}

bool HasModel(const vit::EncoderSpec& spec) {
  return spec.has_model() || spec.has_embed_dim() || spec.has_depth() ||
         spec.has_num_heads();
}

bool HasLength(const TrainSpec& spec) {
  return spec.length_case() != TrainSpec::LENGTH_NOT_SET;
}

// Returns the fields as a spec has them, without a space at the end.
std::string TextOf(const Experiment& choices) {
  return std::string(
      absl::StripTrailingAsciiWhitespace(base::SpecText(choices)));
}

// Collects choices with their reasons.
class Chooser {
 public:
  Chooser(const Experiment& given, int64_t images, const Machine& machine)
      : given_(given), images_(images), machine_(machine) {}

  Fitted Choose() {
    if (given_.fit().model()) {
      Model();
      Decoder();
    }
    Batch();
    Length();
    Rate();
    Workers();
    Precision();
    return std::move(fitted_);
  }

 private:
  void Add(const Experiment& choice, const std::string& why) {
    const std::string text = TextOf(choice);
    if (text.empty()) return;
    fitted_.choices.MergeFrom(choice);
    fitted_.reasons.push_back(absl::StrCat(text, ": ", why));
  }

  std::string Images() const { return absl::StrCat(images_, " images"); }

  bool Base() const {
    return images_ >= kImagesForBase && machine_.memory >= kMemoryForBase;
  }

  void Model() {
    Experiment choice;
    vit::EncoderSpec& encoder = *choice.mutable_encoder();
    const bool gpu = machine_.cuda;
    if (!HasModel(given_.encoder())) {
      encoder.set_model(!gpu ? "vit_tiny" : Base() ? "vit_base" : "vit_small");
    }
    // A patch that is given alone would seldom divide a chosen side.
    if (!given_.encoder().has_image_size() &&
        !given_.encoder().has_patch_size()) {
      encoder.set_image_size(gpu ? 224 : 96);
      encoder.set_patch_size(gpu ? 16 : 8);
    }
    if (encoder.ByteSizeLong() == 0) return;
    Add(choice,
        !gpu     ? "on a CPU a step of a larger model takes seconds"
        : Base() ? absl::StrCat(Images(), " are enough for ViT-B, and it fits")
                 : absl::StrCat(Images(), ": ViT-B is for ", kImagesForBase,
                                " and a GPU of ", kMemoryForBase / kGigabyte,
                                " GB"));
  }

  // MAE's decoder is narrower than its encoder: it is dropped after training.
  void Decoder() {
    if (!given_.has_mae() || given_.mae().has_decoder()) return;
    Experiment choice;
    vit::DecoderSpec& decoder = *choice.mutable_mae()->mutable_decoder();
    const bool base = machine_.cuda && Base();
    const bool small = machine_.cuda && !base;
    decoder.set_embed_dim(base ? 512 : small ? 256 : 96);
    decoder.set_depth(base ? 8 : 4);
    decoder.set_num_heads(base ? 16 : small ? 8 : 3);
    Add(choice, "narrower than the encoder, as MAE's, and dropped at the end");
  }

  int64_t BatchInUse() const {
    const TrainSpec& chosen = fitted_.choices.train();
    return std::max(1, chosen.has_batch_size() ? chosen.batch_size()
                                               : given_.train().batch_size());
  }

  void Batch() {
    if (given_.train().has_batch_size()) return;
    int64_t most = kCpuBatch;
    if (machine_.cuda) {
      // Activations of an image of MAE at 224 px in float32, with its share of
      // the decoder, take about 50 MB in ViT-B and half in ViT-S; half of the
      // memory is left to all else.
      const int64_t an_image = (Base() ? 50 : 25) * (kGigabyte / 1000);
      most = std::min(kGpuBatch, machine_.memory / 2 / an_image);
    }
    Experiment choice;
    choice.mutable_train()->set_batch_size(static_cast<int32_t>(
        PowerOfTwo(std::min(most, images_ / kBatchesAnEpoch))));
    Add(choice, absl::StrCat("at most a quarter of ", Images(), ", and ", most,
                             " for this ", machine_.cuda ? "GPU" : "CPU"));
  }

  void Length() {
    if (HasLength(given_.train())) return;
    const double factor = given_.fit().length();
    const double an_epoch =
        std::max<double>(1, std::floor(static_cast<double>(images_) /
                                       static_cast<double>(BatchInUse())));
    const double* const bounds = machine_.cuda ? kGpuSteps : kCpuSteps;
    const double steps =
        std::clamp(kPasses * an_epoch, bounds[0], bounds[1]) * factor;
    const double epochs = std::max(1.0, std::ceil(steps / an_epoch));
    Experiment choice;
    choice.mutable_train()->set_epochs(epochs);
    Add(choice,
        absl::StrFormat(
            "%.0f steps: %.0f passes, between %.0f and %.0f steps "
            "on a %s%s",
            epochs * an_epoch, kPasses, bounds[0], bounds[1],
            machine_.cuda ? "GPU" : "CPU",
            factor == 1 ? "" : absl::StrCat(", times fit.length, ", factor)));
  }

  void Rate() {
    if (given_.optimizer().has_base_lr()) return;
    Experiment choice;
    OptimizerSpec& optimizer = *choice.mutable_optimizer();
    const bool scaled = !given_.optimizer().has_scale_lr_by_batch() ||
                        given_.optimizer().scale_lr_by_batch();
    const auto batch = static_cast<double>(BatchInUse());
    const double rate = kMaeRate * std::sqrt(batch / kMaeBatch);
    // base_lr is that of 256 images where the optimizer scales it.
    optimizer.set_base_lr(Rounded(scaled ? rate * 256 / batch : rate));
    Add(choice, "MAE's rate, scaled by the root of the batch");
  }

  void Workers() {
    // A CPU that trains needs its cores for that.
    const int64_t free =
        machine_.cuda ? machine_.cores - 1 : machine_.cores / 2;
    const auto workers =
        static_cast<int32_t>(std::clamp<int64_t>(free, 1, kMostWorkers));
    Experiment choice;
    if (!given_.data().loader().has_workers()) {
      choice.mutable_data()->mutable_loader()->set_workers(workers);
    }
    if (!given_.eval().has_workers()) {
      choice.mutable_eval()->set_workers(workers);
    }
    Add(choice, absl::StrCat(machine_.cores, " cores, of which ",
                             machine_.cuda ? "one launches the GPU's work"
                                           : "half are left to training"));
  }

  void Precision() {
    if (given_.train().has_precision() || !machine_.cuda) return;
    Experiment choice;
    choice.mutable_train()->set_precision(TrainSpec::BF16);
    Add(choice, "a GPU's products are several times faster than in FP32");
  }

  const Experiment& given_;
  const int64_t images_;
  const Machine& machine_;
  Fitted fitted_;
};

}  // namespace

Fitted FitToImages(const Experiment& given, int64_t images,
                   const Machine& machine) {
  return Chooser(given, images, machine).Choose();
}

Fitted ChoicesOf(const Experiment& given, const Experiment& earlier) {
  Fitted fitted;
  Experiment& choices = fitted.choices;
  if (given.fit().model()) {
    vit::EncoderSpec& encoder = *choices.mutable_encoder();
    if (!HasModel(given.encoder())) {
      encoder.set_embed_dim(earlier.encoder().embed_dim());
      encoder.set_depth(earlier.encoder().depth());
      encoder.set_num_heads(earlier.encoder().num_heads());
    }
    if (!given.encoder().has_image_size() &&
        !given.encoder().has_patch_size()) {
      encoder.set_image_size(earlier.encoder().image_size());
      encoder.set_patch_size(earlier.encoder().patch_size());
    }
    if (given.has_mae() && !given.mae().has_decoder()) {
      *choices.mutable_mae()->mutable_decoder() = earlier.mae().decoder();
    }
  }
  const TrainSpec& train = earlier.train();
  if (!given.train().has_batch_size()) {
    choices.mutable_train()->set_batch_size(train.batch_size());
  }
  if (!HasLength(given.train()) && train.has_epochs()) {
    choices.mutable_train()->set_epochs(train.epochs());
  } else if (!HasLength(given.train()) && train.has_steps()) {
    choices.mutable_train()->set_steps(train.steps());
  } else if (!HasLength(given.train()) && train.has_examples()) {
    choices.mutable_train()->set_examples(train.examples());
  }
  if (!given.train().has_precision()) {
    choices.mutable_train()->set_precision(train.precision());
  }
  if (!given.optimizer().has_base_lr()) {
    choices.mutable_optimizer()->set_base_lr(earlier.optimizer().base_lr());
  }
  if (!given.data().loader().has_workers()) {
    choices.mutable_data()->mutable_loader()->set_workers(
        earlier.data().loader().workers());
  }
  if (!given.eval().has_workers()) {
    choices.mutable_eval()->set_workers(earlier.eval().workers());
  }
  fitted.reasons.push_back(
      absl::StrCat(TextOf(choices), ": as the run folder has it already"));
  return fitted;
}

}  // namespace caldera::ssl
