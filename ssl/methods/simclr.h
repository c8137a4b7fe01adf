// SimCLR (Chen et al., ICML 2020) on a ViT: the model must recognise an image's
// other view among all images of the batch.
//
//   SimClrMethod simclr(spec.simclr(), spec.encoder(), request, seed);
//   StepOutput out = simclr.Step(batch, streams);  // term "nt_xent"
#ifndef CALDERA_SSL_METHODS_SIMCLR_H_
#define CALDERA_SSL_METHODS_SIMCLR_H_

#include <cstdint>
#include <vector>

#include "ssl/experiment/methods.pb.h"
#include "ssl/methods/two_views.h"

namespace caldera::ssl {

class SimClrMethod : public TwoViews {
 public:
  SimClrMethod(const SimClrSpec& spec, const vit::EncoderSpec& encoder,
               ContextRequest request, uint64_t seed);
  void AddBatchTerms(StepOutput& output) override;
  std::vector<ComponentCost> Costs(int64_t batch) const override;

 private:
  double temperature_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_SIMCLR_H_
