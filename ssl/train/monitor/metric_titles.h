// The titles and units under which charts show the numbers of a run.
//
//   const MetricTitle* loss = FindMetricTitle("loss");
//   // loss->title: "Training loss", loss->unit: "loss"
//
// Every chart of the tree takes its titles from here: the pictures of a run
// (run_pictures.h), of several runs (compare_runs.h) and the report's panels
// (curve_panels.h).
#ifndef CALDERA_SSL_TRAIN_MONITOR_METRIC_TITLES_H_
#define CALDERA_SSL_TRAIN_MONITOR_METRIC_TITLES_H_

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace caldera::ssl {

struct MetricTitle {
  const char* key;  // in metrics.jsonl or TensorBoard
  const char* title;
  const char* unit;
};

// The linear probe and k-NN together.
inline constexpr char kOnlineProbeTitle[] = "Online probe";

// The regularizer's term over a run, as in figure 2 of the MAGMA paper.
inline constexpr char kRegularizerTitle[] = "Regularization loss, unweighted";

inline constexpr MetricTitle kMetricTitles[] = {
    {"loss", "Training loss", "loss"},
    {"lr", "Learning rate", "lr"},
    {"online.linear_top1", "Online linear probe", "top-1, %"},
    {"online.linear_loss", "Online linear probe's loss", "cross-entropy"},
    {"online.knn_top1", "k-NN during training", "top-1, %"},
    {"held_out.reconstruction", "Reconstruction of held-out images", "loss"},
    {"held_out.effective_rank", "Effective rank, held-out images",
     "dimensions"},
    {"held_out.participation", "Dimensions that take part, held-out images",
     "dimensions"},
    {"held_out.alignment", "Alignment, held-out images", "squared distance"},
    {"held_out.uniformity", "Uniformity, held-out images", "log"},
    {"speed/images_per_second", "Speed", "img/s"},
};

// Ends of keys of the regularizer's diagnostics (magma/manifold_diagnostics.h).
inline constexpr MetricTitle kDiagnosticTitles[] = {
    {"/loss", "Loss of the pair", "loss"},
    {"/bandwidth", "Kernel bandwidth", "squared distance"},
    {"/mean_degree", "Mean degree of the graph", "sum of weights"},
    {"/min_degree", "Least degree of the graph", "sum of weights"},
    {"/mean_kernel", "Mean weight of the kernel", "weight, 0 to 1"},
    {"/share_below_floor", "Images without neighbours", "share"},
    {"/effective_neighbours", "Effective neighbours", "images"},
    {"/effective_rank_x", "Effective rank, reference block", "dimensions"},
    {"/effective_rank_y", "Effective rank, target block", "dimensions"},
};

// Returns the entry of `key`, or null for a key that has none, such as a
// term's: charts then show the key itself.
inline const MetricTitle* FindMetricTitle(absl::string_view key) {
  for (const MetricTitle& metric : kMetricTitles) {
    if (key == metric.key) return &metric;
  }
  for (const MetricTitle& metric : kDiagnosticTitles) {
    if (absl::EndsWith(key, metric.key)) return &metric;
  }
  return nullptr;
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_METRIC_TITLES_H_
