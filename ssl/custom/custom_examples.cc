#include "ssl/custom/custom_examples.h"

#include <glog/logging.h>

namespace caldera::ssl {
namespace {

std::map<std::string, std::string>& All() {
  static auto& all = *new std::map<std::string, std::string>();
  return all;
}

}  // namespace

void AddCustomExample(const std::string& name, const std::string& example) {
  CHECK(All().emplace(name, example).second)
      << "two custom parts are called " << name;
}

const std::map<std::string, std::string>& CustomExamples() { return All(); }

}  // namespace caldera::ssl
