#include "eval/evaluate.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "eval/knn/knn.h"
#include "eval/limit_to_rows.h"
#include "eval/linear/linear_probe.h"
#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

// Returns the members that all rows of one measurement share.
json Row(const FeatureName& name, const char* task, int64_t train_size,
         int64_t test_size, const EvalSpec& spec) {
  json row = {{"features", name.features},
              {"task", task},
              {"setting", name.setting},
              {"train_size", train_size},
              {"test_size", test_size}};
  if (spec.measured_on() == EvalSpec::VALIDATION) {
    row["setting"]["measured_on"] = "validation";
  }
  row.update(name.left_out);
  return row;
}

void AddAccuracy(json* row, double top1, double top5) {
  (*row)["top1"] = top1;
  (*row)["top5"] = top5;
}

}  // namespace

std::string RowName(const std::string& task, const FeatureName& name) {
  std::string what = absl::StrCat(task, " of ", name.features);
  const json& setting = name.setting;
  if (!setting.contains("block")) return what;
  return absl::StrCat(what, " (", setting.value("feature", ""), ", block ",
                      setting["block"].dump(), ")");
}

json HeadsRow(const FeatureName& name, int64_t train_size, int64_t test_size,
              const EvalSpec& spec, const HeadsSpec& heads,
              const HeadSweep& sweep) {
  json row = Row(name, "linear", train_size, test_size, spec);
  const HeadResult& chosen = sweep.heads[sweep.chosen];
  const auto lower = [](const std::string& text) {
    return absl::AsciiStrToLower(text);
  };
  row["setting"].update(
      {{"recipe", lower(spec.linear().recipe())},
       {"optimizer", lower(heads.optimizer())},
       {"images", lower(HeadsSpec::Images_Name(heads.images()))},
       {"epochs", heads.epochs()},
       {"batch_size", heads.batch_size()},
       {"batch_norm", heads.batch_norm()},
       {"base_lr", chosen.base_lr},
       {"weight_decay", chosen.weight_decay},
       {"heads", sweep.heads.size()}});
  if (name.setting["feature"] == "patches") {
    const bool linear = spec.linear().attention_pooling().depth() == 1;
    row["setting"]["pooling"] = linear ? "linear attention" : "attention";
  }
  if (sweep.heads.size() > 1) {
    row["held_out_top1"] = chosen.held_out_top1;
    for (const HeadResult& head : sweep.heads) {
      row["sweep"].push_back({{"base_lr", head.base_lr},
                              {"weight_decay", head.weight_decay},
                              {"held_out_top1", head.held_out_top1},
                              {"diverged", head.diverged}});
    }
  }
  AddAccuracy(&row, sweep.top1, sweep.top5);
  return row;
}

void EvaluateFeatures(const FeatureName& name, LabelledFeatures train,
                      LabelledFeatures test, int64_t num_classes,
                      const EvalSpec& given, const Tasks& tasks,
                      const EmitRow& emit, base::Missing& missing) {
  const int64_t train_size = train.features.size(0);
  const int64_t test_size = test.features.size(0);
  const EvalSpec spec = LimitToRows(given, train_size);
  if (tasks.knn) {
    missing.Attempt(RowName("k-NN", name), [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const auto results,
                       EvaluateKnn(train, test, num_classes, spec.knn()));
      absl::Status kept;
      for (const KnnResult& result : results) {
        json row = Row(name, "knn", train_size, test_size, spec);
        row["setting"].update({{"k", result.k}, {"distance", result.distance}});
        if (result.temperature > 0) {
          row["setting"]["temperature"] = result.temperature;
        }
        AddAccuracy(&row, result.top1, result.top5);
        kept.Update(emit(row));
      }
      return kept;
    });
  }
  if (!tasks.linear) return;
  missing.Attempt(RowName("linear probe", name), [&]() -> absl::Status {
    const LinearProbeSpec& linear = spec.linear();
    if (TrainsHeads(linear)) {
      HeadsSpec heads = FillRecipe(linear);
      heads.set_images(HeadsSpec::CACHED);
      ASSIGN_OR_RETURN(
          const auto sweep,
          SweepCachedFeatures({train}, {test}, num_classes, heads));
      return emit(HeadsRow(name, train_size, test_size, spec, heads, sweep[0]));
    }
    ASSIGN_OR_RETURN(const auto result,
                     EvaluateLinearProbe(std::move(train), std::move(test),
                                         num_classes, linear));
    json row = Row(name, "linear", train_size, test_size, spec);
    row["setting"].update(
        {{"l2", linear.l2()}, {"standardize", linear.standardize()}});
    row.update({{"iterations", result.iterations},
                {"converged", result.converged},
                {"train_top1", result.train_top1}});
    AddAccuracy(&row, result.top1, result.top5);
    return emit(row);
  });
}

}  // namespace caldera::eval
