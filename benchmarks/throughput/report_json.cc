#include <optional>

#include "base/part.h"
#include "benchmarks/throughput/report.h"
#include "vit/zoo.h"

namespace caldera::benchmarks {
namespace {

using nlohmann::json;

template <typename T>
json OrNull(const std::optional<T>& value) {
  return value.has_value() ? json(*value) : json(nullptr);
}

json ToJson(const std::optional<Spread>& spread) {
  if (!spread.has_value()) return nullptr;
  return {
      {"median", spread->median}, {"p10", spread->p10}, {"p90", spread->p90}};
}

// Returns the weights of the terms by the names of the terms.
json Terms(const ssl::Experiment& experiment) {
  json terms = json::object();
  const auto add = [&](const ssl::AuxiliaryLossSpec& term) {
    const std::string name = base::PartName(term);
    if (name.empty()) return;
    terms[name] = term.weight().has_constant() ? term.weight().constant() : 1.0;
  };
  if (experiment.has_regularizer()) add(experiment.regularizer());
  for (const ssl::AuxiliaryLossSpec& term : experiment.auxiliary()) add(term);
  return terms;
}

json Model(const ssl::Experiment& experiment) {
  const vit::EncoderSpec encoder = vit::ResolveModel(experiment.encoder());
  json model = {{"image_size", encoder.image_size()},
                {"patch_size", encoder.patch_size()},
                {"channels", encoder.channels()},
                {"embed_dim", encoder.embed_dim()},
                {"depth", encoder.depth()},
                {"num_heads", encoder.num_heads()},
                {"terms", Terms(experiment)}};
  if (!experiment.has_mae()) return model;
  const ssl::MaeSpec& mae = experiment.mae();
  model["mask_ratio"] = mae.mask_ratio();
  model["norm_pix_loss"] = mae.norm_pix_loss();
  model["decoder_embed_dim"] = mae.decoder().embed_dim();
  model["decoder_depth"] = mae.decoder().depth();
  model["decoder_num_heads"] = mae.decoder().num_heads();
  return model;
}

json ToJson(const Row& row) {
  const ssl::Experiment& experiment = row.measured.experiment;
  json out = {
      {"method", row.measured.name},
      {"value", row.measured.value},
      {"batch_size", experiment.train().batch_size()},
      {"precision",
       ssl::TrainSpec::Precision_Name(experiment.train().precision())},
      {"model", Model(experiment)},
      {"steps", row.steps},
      {"images_per_second", ToJson(row.images_per_second)},
      {"images_per_second_with_loader", ToJson(row.with_loader)},
      {"images_per_second_loader_alone", OrNull(row.loader_alone)},
      {"peak_memory",
       {{"allocated", OrNull(row.peak.allocated)},
        {"reserved", OrNull(row.peak.reserved)},
        {"resident_growth", OrNull(row.peak.resident_growth)}}},
      {"memory_growth", row.growth},
      {"parameters", row.parameters},
      {"flop_per_image", OrNull(row.flop_per_image)},
      {"flop_per_second", OrNull(row.flop_per_second())},
      {"matrix_product_flop_per_second",
       row.ceiling > 0 ? json(row.ceiling) : json(nullptr)},
      {"share_of_step", row.terms},
      {"paper", nullptr},
  };
  if (row.measured.paper.has_value()) {
    out["paper"] = {
        {"images_per_second", row.measured.paper->images_per_second},
        {"gigabytes", row.measured.paper->gigabytes}};
  }
  return out;
}

}  // namespace

json ReportJson(const Report& report) {
  json rows = json::array();
  for (const Row& row : report.rows) rows.push_back(ToJson(row));
  return {{"setting",
           {{"rounds", report.rounds},
            {"warmup", report.warmup},
            {"steps", report.steps},
            {"processes", report.processes},
            {"vary", report.vary},
            {"loader_reads", report.loader_reads}}},
          {"provenance", report.provenance},
          {"rows", std::move(rows)}};
}

}  // namespace caldera::benchmarks
