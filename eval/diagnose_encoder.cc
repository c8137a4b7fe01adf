#include "eval/diagnose_encoder.h"

#include <ATen/TensorOperators.h>
#include <glog/logging.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/sets/subset.h"
#include "eval/diagnostics/cka.h"
#include "eval/diagnostics/hypersphere.h"
#include "eval/diagnostics/manifold_graph.h"
#include "eval/diagnostics/spectrum.h"
#include "eval/diagnostics/token_code.h"
#include "eval/features/features.h"
#include "eval/features/labelled_features.h"
#include "eval/features/readout.h"
#include "eval/measuring_plan.h"

namespace caldera::eval {
namespace {

using nlohmann::json;
using DatasetPointer = std::shared_ptr<const data::Dataset>;

// Each block of each image needs a determinant; so many images suffice for the
// mean.
constexpr int64_t kTokenImages = 1000;

// Returns a readout of every block's output, and of the last one after the
// final norm.
absl::StatusOr<std::vector<Readout>> AllBlocks(
    const EvalSpec& spec, const vit::EncoderSpec& encoder) {
  EvalSpec last;
  last.set_feature(spec.feature());
  ASSIGN_OR_RETURN(auto readouts,
                   ReadoutsOf(last, encoder));  // checks the feature
  std::vector<Readout> all;
  for (int64_t block = 0; block < encoder.depth(); ++block) {
    all.push_back({spec.feature(), {block}, /*final_norm=*/false});
  }
  if (encoder.final_norm()) all.push_back(readouts[0]);
  return all;
}

absl::Status CheckEnough(const data::Dataset& images) {
  if (images.size() >= 2) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(images.info().name, ": ", images.size(),
                   " images, but diagnostics need at least 2"));
}

data::AugmentSpec Views(const DiagnosticsSpec& spec) {
  if (spec.has_augment()) return spec.augment();
  data::AugmentSpec augment;
  augment.mutable_random_resized_crop();
  return augment;
}

// Features [N, D] that can be measured, with their readouts.
struct Features {
  std::vector<Readout> readouts;
  std::vector<at::Tensor> values;
};

std::string BlockName(const std::string& name, const Readout& readout) {
  return RowName("diagnostics", {name, SettingOf(readout)});
}

// Returns the features of those readouts whose numbers are finite; notes the
// others.
absl::StatusOr<Features> Extract(const std::string& name, vit::Encoder& encoder,
                                 const DatasetPointer& images,
                                 const std::vector<Readout>& readouts,
                                 const ExtractOptions& options,
                                 base::Missing& missing) {
  ASSIGN_OR_RETURN(const auto extracted,
                   ExtractReadouts(encoder, images, readouts, options));
  Features features;
  for (size_t r = 0; r < readouts.size(); ++r) {
    const at::Tensor& some = extracted[r].features;
    const absl::Status finite =
        CheckFeatures(some, absl::StrCat("block ", readouts[r].blocks[0]));
    if (!finite.ok()) {
      missing.Add(BlockName(name, readouts[r]), finite);
      continue;
    }
    features.readouts.push_back(readouts[r]);
    features.values.push_back(some);
  }
  return features;
}

// Returns the code of each block's patch tokens, a mean over images.
absl::StatusOr<std::vector<TokenCode>> TokenCodes(
    vit::Encoder& encoder, const DatasetPointer& images,
    std::vector<Readout> readouts, const ExtractOptions& options) {
  for (Readout& readout : readouts) readout.all_patches = true;
  std::vector<TokenCode> codes(readouts.size(), {0, 0});
  const auto size = static_cast<double>(images->size());
  RETURN_IF_ERROR(ForEachFeatures(
      encoder, images, readouts, options,
      [&](const std::vector<at::Tensor>& tokens, const at::Tensor& labels) {
        const double share = static_cast<double>(labels.size(0)) / size;
        for (size_t r = 0; r < codes.size(); ++r) {
          const TokenCode part = MeasureTokens(tokens[r]);
          codes[r].nonzero_share += share * part.nonzero_share;
          codes[r].coding_rate += share * part.coding_rate;
        }
        return absl::OkStatus();
      }));
  return codes;
}

json List(const at::Tensor& values) {
  const at::Tensor row = values.to(at::kDouble).contiguous();
  const double* data = row.const_data_ptr<double>();
  return std::vector<double>(data, data + row.numel());
}

json SettingsOf(const std::vector<Readout>& readouts) {
  json settings = json::array();
  for (const Readout& readout : readouts)
    settings.push_back(SettingOf(readout));
  return settings;
}

absl::Status EmitBlocks(const std::string& name, vit::Encoder& encoder,
                        const DatasetPointer& images, int64_t skipped,
                        const Features& features, const DiagnosticsSpec& spec,
                        ExtractOptions options, int64_t views_at_a_time,
                        const EmitRow& emit, base::Missing& missing) {
  const std::vector<Readout>& readouts = features.readouts;
  ASSIGN_OR_RETURN(const auto codes,
                   TokenCodes(encoder, data::EvenlySpaced(images, kTokenImages),
                              readouts, options));
  options.augment = Views(spec);
  std::vector<LabelledFeatures> views[2];  // of the readouts from `first` on
  size_t first = 0;
  for (size_t r = 0; r < readouts.size(); ++r) {
    if (r == first + views[0].size()) {
      first = r;
      const size_t end = std::min(readouts.size(), r + views_at_a_time);
      for (auto& some : views) some.clear();
      for (const uint64_t v : {0, 1}) {
        options.seed = v;
        ASSIGN_OR_RETURN(views[v], ExtractReadouts(encoder, images,
                                                   {readouts.begin() + r,
                                                    readouts.begin() + end},
                                                   options));
      }
    }
    missing.Attempt(BlockName(name, readouts[r]), [&]() -> absl::Status {
      const at::Tensor& one = views[0][r - first].features;
      const at::Tensor& two = views[1][r - first].features;
      for (const at::Tensor& view : {one, two}) {
        RETURN_IF_ERROR(CheckFeatures(view, "augmented"));
      }
      const at::Tensor& values = features.values[r];
      const ManifoldGraph graph =
          MeasureManifoldGraph(values, spec.graph_batch());
      json setting = SettingOf(readouts[r]);
      setting["images"] = images->size();
      setting["graph_batch"] = spec.graph_batch();
      json row = {{"features", name},
                  {"task", "diagnostics"},
                  {"setting", setting},
                  {"effective_rank", RankMe(values)},
                  {"alignment", Alignment(one, two)},
                  {"uniformity", 0.5 * (Uniformity(one) + Uniformity(two))},
                  {"mean_degree", graph.mean_degree},
                  {"share_below_floor", graph.share_below_floor},
                  {"effective_neighbours", graph.effective_neighbours},
                  {"nonzero_share", codes[r].nonzero_share},
                  {"coding_rate", codes[r].coding_rate},
                  {"covariance_spectrum", List(CovarianceSpectrum(values))}};
      if (skipped > 0) row["skipped"] = skipped;
      return emit(row);
    });
  }
  return absl::OkStatus();
}

absl::Status EmitCka(const std::string& name, const std::string& other,
                     const Features& features, const Features& other_features,
                     const EmitRow& emit) {
  const at::Tensor matrix = CkaMatrix(features.values, other_features.values);
  json rows = json::array();
  for (int64_t i = 0; i < matrix.size(0); ++i) rows.push_back(List(matrix[i]));
  return emit({{"features", name},
               {"task", "cka"},
               {"setting",
                {{"feature", SettingOf(features.readouts[0])["feature"]},
                 {"masking", "none"},
                 {"images", features.values[0].size(0)},
                 {"other", other}}},
               {"readouts", SettingsOf(features.readouts)},
               {"other_readouts", SettingsOf(other_features.readouts)},
               {"cka", rows}});
}

// Reads the images and returns all rows that can be measured.
absl::Status Measure(const std::string& name, vit::Encoder& encoder,
                     const DiagnosedImages& images,
                     const std::vector<Readout>& readouts, const EvalSpec& spec,
                     const at::Device& device,
                     const std::optional<OtherEncoder>& other,
                     const std::vector<Readout>& other_readouts,
                     const EmitRow& emit, base::Missing& missing) {
  const int64_t wanted =
      std::min<int64_t>(images.set->size(), spec.diagnostics().images());
  const int64_t other_width =
      other.has_value() ? static_cast<int64_t>(other_readouts.size()) *
                              other->encoder->spec().embed_dim()
                        : 0;
  const int64_t budget = MeasuringBudget(spec);
  const DiagnosisMeasuring plan =
      PlanDiagnosis(wanted, encoder.spec(), readouts.size(), other_width, spec,
                    device, budget);
  if (plan.images == 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("it ", TooLarge(plan.bytes, budget, spec)));
  }
  if (plan.images < wanted) {
    LOG(WARNING) << name << ": diagnostics of " << plan.images
                 << " images, not " << wanted
                 << ", to fit into memory (eval.memory_gb)";
  }
  const DatasetPointer chosen = data::EvenlySpaced(images.set, plan.images);
  ExtractOptions options;
  options.batch_size = plan.batch_size;
  options.device = device;
  options.workers = spec.workers();
  options.bad_images = images.bad_images;
  ASSIGN_OR_RETURN(const Features features,
                   Extract(name, encoder, chosen, readouts, options, missing));
  // All passes have the same images, so that views and encoders can be
  // compared row by row.
  options.bad_images = nullptr;
  const DatasetPointer readable =
      images.bad_images == nullptr
          ? chosen
          : data::WithoutBad(chosen, *images.bad_images);
  RETURN_IF_ERROR(CheckEnough(*readable));
  if (features.readouts.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(EmitBlocks(
      name, encoder, readable, chosen->size() - readable->size(), features,
      spec.diagnostics(), options, plan.views, emit, missing));
  missing.Attempt(absl::StrCat("CKA of ", name), [&] {
    return EmitCka(name, name, features, features, emit);
  });
  if (!other.has_value()) return absl::OkStatus();
  missing.Attempt(absl::StrCat("CKA of ", name, " with ", other->name),
                  [&]() -> absl::Status {
                    ASSIGN_OR_RETURN(
                        const Features others,
                        Extract(other->name, *other->encoder, readable,
                                other_readouts, options, missing));
                    if (others.readouts.empty()) return absl::OkStatus();
                    return EmitCka(name, other->name, features, others, emit);
                  });
  return absl::OkStatus();
}

}  // namespace

absl::Status DiagnoseEncoder(const std::string& name, vit::Encoder& encoder,
                             const DiagnosedImages& images,
                             const EvalSpec& spec, const at::Device& device,
                             const std::optional<OtherEncoder>& other,
                             const EmitRow& emit, base::Missing& missing) {
  ASSIGN_OR_RETURN(const auto readouts, AllBlocks(spec, encoder.spec()));
  std::vector<Readout> other_readouts;
  if (other.has_value()) {
    ASSIGN_OR_RETURN(other_readouts, AllBlocks(spec, other->encoder->spec()));
  }
  RETURN_IF_ERROR(CheckEnough(*images.set));
  missing.Attempt(absl::StrCat("diagnostics of ", name), [&] {
    return Measure(name, encoder, images, readouts, spec, device, other,
                   other_readouts, emit, missing);
  });
  return absl::OkStatus();
}

}  // namespace caldera::eval
