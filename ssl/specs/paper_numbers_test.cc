// The specs' numbers against the papers' tables.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/augment/ops/color_jitter.pb.h"
#include "data/augment/ops/gaussian_blur.pb.h"
#include "data/augment/ops/grayscale.pb.h"
#include "data/augment/ops/rand_augment.pb.h"
#include "data/augment/ops/solarize.pb.h"
#include "data/augment/ops/three_augment.pb.h"
#include "ssl/optim/algorithms/adamw.pb.h"
#include "ssl/spec/load_experiment.h"

namespace caldera::ssl {
namespace {

Experiment Load(const std::string& name,
                const std::vector<std::string>& overrides = {}) {
  const auto experiment = LoadExperiment(name, overrides);
  EXPECT_TRUE(experiment.ok()) << experiment.status();
  return experiment.ok() ? *experiment : Experiment();
}

// MAGMA, supplement, section 1. CIFAR-10 is ours, as CIFAR-100.
struct DatasetRow {
  const char* dataset;
  int image_size, patch_size, embed_dim, num_heads;
  double epochs;
  int batch_size;
  double base_lr, start;  // start: e_st, the regularizer's first epoch
  double two_view_epochs;
  int two_view_dim, two_view_heads;
};

constexpr DatasetRow kMagma[] = {
    {"cifar10", 32, 4, 192, 12, 2000, 256, 1.5e-4, 60, 1000, 192, 12},
    {"cifar100", 32, 4, 192, 12, 2000, 256, 1.5e-4, 60, 1000, 192, 12},
    {"tiny_imagenet", 64, 8, 192, 12, 800, 512, 1.0e-3, 10, 1000, 192, 12},
    {"stl10", 96, 12, 192, 12, 800, 512, 3.0e-4, 10, 1000, 192, 12},
    {"imagenet100", 224, 16, 768, 12, 400, 256, 1.5e-4, 10, 200, 192, 3},
};

struct MethodRow {
  const char* method;
  bool two_views, magma, uniformity;
};

constexpr MethodRow kMethods[] = {
    {"mae", false, false, false},   {"m_mae", false, true, false},
    {"u_mae", false, false, true},  {"mu_mae", false, true, true},
    {"simclr", true, false, false}, {"m_simclr", true, true, false},
    {"vicreg", true, false, false}, {"m_vicreg", true, true, false},
};

void ExpectRegularizer(const Experiment& spec, const DatasetRow& row,
                       const MethodRow& method) {
  ASSERT_EQ(spec.has_regularizer(), method.magma);
  ASSERT_EQ(spec.auxiliary_size(), method.uniformity ? 1 : 0);
  if (method.uniformity) {
    EXPECT_EQ(spec.auxiliary(0).weight().constant(), 0.01);
    EXPECT_EQ(spec.auxiliary(0).uniformity().feature(), eval::EvalSpec::CLS);
  }
  if (!method.magma) return;
  const WindowSpec& window = spec.regularizer().weight().window();
  EXPECT_EQ(window.value(), 1);
  EXPECT_EQ(window.start().epochs(), method.two_views ? 10 : row.start);
  EXPECT_EQ(window.duration().epochs(), 100);
  EXPECT_EQ(spec.regularizer().magma().pair_size(), 0);  // 10 -> 11
}

TEST(PaperNumbers, Magma) {
  for (const DatasetRow& row : kMagma) {
    for (const MethodRow& method : kMethods) {
      SCOPED_TRACE(absl::StrCat(row.dataset, "/", method.method));
      const Experiment spec =
          Load(absl::StrCat(row.dataset, "/", method.method));
      EXPECT_EQ(spec.data().dataset(), row.dataset);
      EXPECT_EQ(spec.encoder().image_size(), row.image_size);
      EXPECT_EQ(spec.encoder().patch_size(), row.patch_size);
      EXPECT_EQ(spec.encoder().embed_dim(),
                method.two_views ? row.two_view_dim : row.embed_dim);
      EXPECT_EQ(spec.encoder().depth(), 12);
      EXPECT_EQ(spec.encoder().num_heads(),
                method.two_views ? row.two_view_heads : row.num_heads);
      EXPECT_EQ(spec.train().epochs(),
                method.two_views ? row.two_view_epochs : row.epochs);
      EXPECT_EQ(spec.train().batch_size(),
                method.two_views ? 256 : row.batch_size);
      const OptimizerSpec& optimizer = spec.optimizer();
      EXPECT_EQ(optimizer.base_lr(), method.two_views ? 1e-3 : row.base_lr);
      EXPECT_EQ(optimizer.warmup().epochs(), 10);
      EXPECT_EQ(optimizer.warmup_start_lr(), 3e-5);
      EXPECT_EQ(optimizer.min_lr(), 0);
      EXPECT_EQ(optimizer.weight_decay(), 0.05);
      EXPECT_EQ(optimizer.GetExtension(adamw).beta1(), 0.9);
      EXPECT_EQ(optimizer.GetExtension(adamw).beta2(), 0.95);
      EXPECT_EQ(spec.eval().knn().k_size(), 1);
      EXPECT_EQ(spec.eval().knn().k(0), 10);
      ExpectRegularizer(spec, row, method);
    }
  }
}

TEST(PaperNumbers, MagmaMaskedAutoencoders) {
  for (const DatasetRow& row : kMagma) {
    SCOPED_TRACE(row.dataset);
    const Experiment spec = Load(absl::StrCat(row.dataset, "/mae"));
    EXPECT_EQ(spec.mae().mask_ratio(), 0.75);
    EXPECT_EQ(spec.data().augment().random_resized_crop().min_scale(), 0.08);
    EXPECT_EQ(spec.data().augment().random_resized_crop().max_scale(), 1);
    EXPECT_EQ(spec.data().augment().horizontal_flip(), 0.5);
    EXPECT_EQ(spec.mae().decoder().embed_dim(), 512);
    EXPECT_EQ(spec.mae().decoder().depth(), 8);
    EXPECT_EQ(spec.mae().decoder().num_heads(), 16);
  }
  EXPECT_EQ(Load("stl10/m_vicreg").data().split(), "train+unlabeled");
}

TEST(PaperNumbers, MagmaTwoViews) {
  for (const DatasetRow& row : kMagma) {
    SCOPED_TRACE(row.dataset);
    const Experiment simclr = Load(absl::StrCat(row.dataset, "/m_simclr"));
    EXPECT_EQ(simclr.simclr().temperature(), 0.2);
    EXPECT_EQ(simclr.simclr().projector().hidden_dim(), 2048);
    ASSERT_EQ(simclr.data().view_size(), 1);
    const data::AugmentSpec& contrast = simclr.data().view(0);
    EXPECT_EQ(contrast.count(), 2);
    EXPECT_EQ(contrast.random_resized_crop().min_scale(), 0.08);
    EXPECT_EQ(contrast.GetExtension(data::color_jitter).probability(), 0.8);
    EXPECT_EQ(contrast.GetExtension(data::color_jitter).brightness(), 0.8);
    EXPECT_EQ(contrast.GetExtension(data::color_jitter).contrast(), 0.8);
    EXPECT_EQ(contrast.GetExtension(data::color_jitter).saturation(), 0.8);
    EXPECT_EQ(contrast.GetExtension(data::color_jitter).hue(), 0.2);
    EXPECT_EQ(contrast.GetExtension(data::grayscale), 0.2);
    EXPECT_EQ(contrast.GetExtension(data::gaussian_blur).probability(), 0.5);
    EXPECT_FALSE(contrast.HasExtension(data::solarize));

    const Experiment vicreg = Load(absl::StrCat(row.dataset, "/m_vicreg"));
    EXPECT_EQ(vicreg.vicreg().invariance_weight(), 25);
    EXPECT_EQ(vicreg.vicreg().variance_weight(), 25);
    EXPECT_EQ(vicreg.vicreg().covariance_weight(), 1);
    EXPECT_EQ(vicreg.vicreg().projector().hidden_dim(), 2048);
    EXPECT_EQ(vicreg.vicreg().projector().output_dim(), 2048);
    ASSERT_EQ(vicreg.data().view_size(), 1);
    const data::AugmentSpec& view = vicreg.data().view(0);
    EXPECT_EQ(view.count(), 2);
    EXPECT_EQ(view.random_resized_crop().min_scale(), 0.2);
    EXPECT_EQ(view.GetExtension(data::color_jitter).brightness(), 0.4);
    EXPECT_EQ(view.GetExtension(data::color_jitter).contrast(), 0.4);
    EXPECT_EQ(view.GetExtension(data::color_jitter).saturation(), 0.2);
    EXPECT_EQ(view.GetExtension(data::color_jitter).hue(), 0.1);
    EXPECT_EQ(view.GetExtension(data::grayscale), 0.2);
    EXPECT_EQ(view.GetExtension(data::solarize).probability(), 0.1);
    EXPECT_EQ(view.HasExtension(data::gaussian_blur), row.image_size != 32);
  }
}

// The Tiny-ImageNet report. Its DMAE needs a teacher's file: specs_test loads
// it.
struct ReportRow {
  const char* name;
  double mask_ratio;
  int decoder_depth, decoder_dim;
  bool three_augment;
};

constexpr ReportRow kReport[] = {
    {"mae", 0.75, 8, 512, false},
    {"mae_mask_50", 0.5, 8, 512, false},
    {"mae_mask_90", 0.9, 8, 512, false},
    {"mae_decoder_depth_1", 0.75, 1, 512, false},
    {"mae_decoder_width_128", 0.75, 8, 128, false},
    {"mae_three_augment", 0.75, 8, 512, true},
};

TEST(PaperNumbers, TinyImageNetReport) {
  for (const ReportRow& row : kReport) {
    SCOPED_TRACE(row.name);
    const Experiment spec =
        Load(absl::StrCat("tiny_imagenet_report/", row.name));
    EXPECT_EQ(spec.data().dataset(), "tiny_imagenet");
    EXPECT_EQ(spec.encoder().image_size(), 64);
    EXPECT_EQ(spec.encoder().patch_size(), 8);
    EXPECT_EQ(spec.encoder().embed_dim(), 768);
    EXPECT_EQ(spec.train().epochs(), 500);
    EXPECT_EQ(spec.train().batch_size(), 128);
    EXPECT_EQ(spec.optimizer().warmup().epochs(), 50);
    EXPECT_EQ(spec.mae().mask_ratio(), row.mask_ratio);
    EXPECT_EQ(spec.mae().decoder().depth(), row.decoder_depth);
    EXPECT_EQ(spec.mae().decoder().embed_dim(), row.decoder_dim);
    const data::AugmentSpec& augment = spec.data().augment();
    EXPECT_EQ(augment.has_random_crop(), row.three_augment);
    EXPECT_EQ(augment.has_random_resized_crop(), !row.three_augment);
    EXPECT_EQ(augment.GetExtension(data::three_augment).variant(),
              row.three_augment ? data::ThreeAugmentSpec::TINY_IMAGENET
                                : data::ThreeAugmentSpec::DEIT3);
  }
}

TEST(PaperNumbers, OfficialMae) {
  const struct {
    const char* name;
    int patch_size, embed_dim, depth, num_heads;
  } kRows[] = {{"imagenet/mae", 16, 768, 12, 12},
               {"imagenet/mae_large", 16, 1024, 24, 16},
               {"imagenet/mae_huge", 14, 1280, 32, 16}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const Experiment spec = Load(row.name);
    EXPECT_EQ(spec.encoder().image_size(), 224);
    EXPECT_EQ(spec.encoder().patch_size(), row.patch_size);
    EXPECT_EQ(spec.encoder().embed_dim(), row.embed_dim);
    EXPECT_EQ(spec.encoder().depth(), row.depth);
    EXPECT_EQ(spec.encoder().num_heads(), row.num_heads);
    EXPECT_EQ(spec.mae().mask_ratio(), 0.75);
    EXPECT_TRUE(spec.mae().norm_pix_loss());
    EXPECT_EQ(spec.data().augment().random_resized_crop().min_scale(), 0.2);
    EXPECT_EQ(spec.train().epochs(), 800);
    EXPECT_EQ(spec.train().batch_size(), 4096);
    EXPECT_EQ(spec.optimizer().base_lr(), 1.5e-4);
    EXPECT_TRUE(spec.optimizer().scale_lr_by_batch());
    EXPECT_EQ(spec.optimizer().warmup().epochs(), 40);
  }
}

// Start weights are files to provide: specs_test loads some.
Experiment LoadFromScratch(const std::string& name) {
  return Load(name, {"classification.encoder=\"\""});
}

void ExpectOfficialFinetuning(const Experiment& spec) {
  EXPECT_EQ(spec.classification().pooling(), vit::ClassifierSpec::MEAN);
  EXPECT_EQ(spec.encoder().position_embedding(), vit::EncoderSpec::LEARNED);
  const data::AugmentSpec& augment = spec.data().augment();
  EXPECT_EQ(augment.random_resized_crop().min_scale(), 0.08);
  EXPECT_EQ(augment.GetExtension(data::rand_augment).magnitude(), 9);
  EXPECT_EQ(augment.GetExtension(data::rand_augment).magnitude_std(), 0.5);
  EXPECT_EQ(augment.random_erasing().probability(), 0.25);
  const OptimizerSpec& optimizer = spec.optimizer();
  EXPECT_EQ(optimizer.weight_decay(), 0.05);
  EXPECT_EQ(optimizer.GetExtension(adamw).beta1(), 0.9);
  EXPECT_EQ(optimizer.GetExtension(adamw).beta2(), 0.999);
  EXPECT_EQ(optimizer.no_weight_decay_size(), 2);
  EXPECT_TRUE(optimizer.scale_lr_by_batch());
  // The official code's lower bound of the rate, whatever the batch.
  EXPECT_DOUBLE_EQ(optimizer.min_lr() * spec.train().batch_size() / 256, 1e-6);
}

void ExpectMixing(const Experiment& spec, bool full) {
  const ClassificationSpec& classification = spec.classification();
  EXPECT_EQ(classification.label_smoothing(), full ? 0.1 : 0);
  EXPECT_EQ(classification.mixup().mixup_alpha(), full ? 0.8 : 0);
  EXPECT_EQ(classification.mixup().cutmix_alpha(), full ? 1 : 0);
}

TEST(PaperNumbers, OfficialMaeFinetuning) {
  const struct {
    const char* name;
    int patch_size, embed_dim, depth;
    double epochs, base_lr, layer_decay, drop_path;
  } kRows[] = {{"imagenet/finetune", 16, 768, 12, 100, 5e-4, 0.65, 0.1},
               {"imagenet/finetune_large", 16, 1024, 24, 50, 1e-3, 0.75, 0.2},
               {"imagenet/finetune_huge", 14, 1280, 32, 50, 1e-3, 0.75, 0.3}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const Experiment spec = LoadFromScratch(row.name);
    ExpectOfficialFinetuning(spec);
    ExpectMixing(spec, /*full=*/true);
    EXPECT_EQ(spec.classification().test_crop(), 0.875);
    EXPECT_EQ(spec.encoder().image_size(), 224);
    EXPECT_EQ(spec.encoder().patch_size(), row.patch_size);
    EXPECT_EQ(spec.encoder().embed_dim(), row.embed_dim);
    EXPECT_EQ(spec.encoder().depth(), row.depth);
    EXPECT_EQ(spec.encoder().drop_path(), row.drop_path);
    EXPECT_EQ(spec.train().epochs(), row.epochs);
    EXPECT_EQ(spec.train().batch_size(), 1024);
    EXPECT_EQ(spec.optimizer().base_lr(), row.base_lr);
    EXPECT_EQ(spec.optimizer().layer_decay(), row.layer_decay);
    EXPECT_EQ(spec.optimizer().warmup().epochs(), 5);
  }
}

TEST(PaperNumbers, TinyImageNetReportFinetuning) {
  const struct {
    const char* name;
    bool full;
    double layer_decay;
  } kRows[] = {{"finetune_full", true, 0.65},
               {"finetune_small", false, 0.65},
               {"scratch_full", true, 1},
               {"scratch_small", false, 1}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const Experiment spec =
        LoadFromScratch(absl::StrCat("tiny_imagenet_report/", row.name));
    ExpectOfficialFinetuning(spec);
    ExpectMixing(spec, row.full);
    EXPECT_EQ(spec.classification().test_crop(), 0.875);
    EXPECT_EQ(spec.data().dataset(), "tiny_imagenet");
    EXPECT_EQ(spec.encoder().image_size(), 64);
    EXPECT_EQ(spec.encoder().patch_size(), 8);
    EXPECT_EQ(spec.encoder().embed_dim(), 768);
    EXPECT_EQ(spec.encoder().drop_path(), 0.1);
    EXPECT_EQ(spec.train().epochs(), 300);
    EXPECT_EQ(spec.optimizer().base_lr(), 1e-3);
    EXPECT_EQ(spec.optimizer().layer_decay(), row.layer_decay);
    EXPECT_EQ(spec.optimizer().warmup().epochs(), 10);
  }
}

}  // namespace
}  // namespace caldera::ssl
