#include "data/augment/views.h"

namespace caldera::data {

std::vector<AugmentSpec> ViewsOf(const DataSpec& spec) {
  std::vector<AugmentSpec> views;
  for (const AugmentSpec& view : spec.view()) {
    views.insert(views.end(), view.count(), view);
  }
  if (views.empty()) views.push_back(spec.augment());
  return views;
}

}  // namespace caldera::data
