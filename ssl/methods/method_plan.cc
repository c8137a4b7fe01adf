#include "ssl/methods/method_plan.h"

#include "absl/strings/str_cat.h"
#include "data/augment/views.h"

namespace caldera::ssl {

absl::Status CheckViews(const Experiment& experiment, absl::string_view method,
                        int64_t needed) {
  const auto views =
      static_cast<int64_t>(data::ViewsOf(experiment.data()).size());
  if (views == needed) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("data.view: ", views, views == 1 ? " view" : " views",
                   " of an image, ", method, " needs ", needed,
                   needed == 1 ? "; describe it in data { augment {} }"
                               : "; write data { view { count: 2 ... } }"));
}

absl::Status CheckNoTeacher(absl::string_view method,
                            const ContextRequest& request) {
  if (!request.reads_teacher()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "auxiliary: a term reads a teacher, which ", method, " does not have"));
}

}  // namespace caldera::ssl
