// Reads the golden numbers: safetensors written by the official PyTorch code.
//
//   for (const GoldenFile& file : GoldenFamily("umae_")) {
//     at::Tensor z = file["Z"];
//   }
//
// They are read from $CALDERA_GOLDENS where that is set, else from the copies
// beside this test.
#ifndef CALDERA_TESTS_GOLDENS_GOLDEN_FILES_H_
#define CALDERA_TESTS_GOLDENS_GOLDEN_FILES_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "vit/weights/safetensors.h"

namespace caldera {

class GoldenFile {
 public:
  GoldenFile(std::string name, vit::Safetensors content)
      : name_(std::move(name)), content_(std::move(content)) {}

  const std::string& name() const { return name_; }
  const vit::Safetensors& content() const { return content_; }
  bool Has(const std::string& tensor) const;
  // Returns the tensor; dies where the file lacks it.
  const at::Tensor& operator[](const std::string& tensor) const;
  double Scalar(const std::string& tensor) const;
  int64_t Size(const std::string& key) const;  // an integer of the metadata

 private:
  std::string name_;
  vit::Safetensors content_;
};

// Returns every "<prefix>*.safetensors" of the folder, sorted; fails the test
// where there is none.
std::vector<GoldenFile> GoldenFamily(const std::string& prefix);

// Returns |a - b| / |b| in the 2-norm; |a| where b is zero.
double RelativeError(const at::Tensor& a, const at::Tensor& b);

}  // namespace caldera

#endif  // CALDERA_TESTS_GOLDENS_GOLDEN_FILES_H_
