#include "tests/goldens/golden_files.h"

#include <ATen/TensorOperators.h>
#include <glog/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace caldera {

bool GoldenFile::Has(const std::string& tensor) const {
  return content_.tensors.count(tensor) > 0;
}

const at::Tensor& GoldenFile::operator[](const std::string& tensor) const {
  const auto found = content_.tensors.find(tensor);
  CHECK(found != content_.tensors.end()) << name_ << " lacks " << tensor;
  return found->second;
}

double GoldenFile::Scalar(const std::string& tensor) const {
  return (*this)[tensor].item<double>();
}

int64_t GoldenFile::Size(const std::string& key) const {
  const auto found = content_.metadata.find(key);
  int64_t value = 0;
  CHECK(found != content_.metadata.end() &&
        absl::SimpleAtoi(found->second, &value))
      << name_ << " has no integer \"" << key << "\" in its metadata";
  return value;
}

std::vector<GoldenFile> GoldenFamily(const std::string& prefix) {
  const char* chosen = std::getenv("CALDERA_GOLDENS");
  const std::string folder =
      chosen != nullptr && *chosen != '\0' ? chosen : "tests/goldens";
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, prefix) &&
        absl::EndsWith(name, ".safetensors")) {
      paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  EXPECT_FALSE(paths.empty()) << "no " << prefix << "* in " << folder;
  std::vector<GoldenFile> files;
  for (const std::string& path : paths) {
    absl::StatusOr<vit::Safetensors> content = vit::ReadSafetensors(path);
    EXPECT_TRUE(content.ok()) << content.status();
    if (!content.ok()) continue;
    files.emplace_back(std::filesystem::path(path).stem().string(),
                       *std::move(content));
  }
  return files;
}

double RelativeError(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor reference = b.to(at::kDouble);
  const double norm = reference.norm().item<double>();
  const double error =
      (a.detach().to(at::kDouble) - reference).norm().item<double>();
  return norm > 0 ? error / norm : error;
}

}  // namespace caldera
