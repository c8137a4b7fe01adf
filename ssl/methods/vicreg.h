// VICReg (Bardes et al., ICLR 2022) on a ViT: the views of an image must agree,
// and the features of a batch must vary without being correlated.
//
//   VicRegMethod vicreg(spec.vicreg(), spec.encoder(), request, seed);
//   StepOutput out = vicreg.Step(batch, streams);
//   // terms "invariance", "variance", "covariance"
#ifndef CALDERA_SSL_METHODS_VICREG_H_
#define CALDERA_SSL_METHODS_VICREG_H_

#include <cstdint>
#include <vector>

#include "ssl/experiment/methods.pb.h"
#include "ssl/methods/two_views.h"

namespace caldera::ssl {

class VicRegMethod : public TwoViews {
 public:
  VicRegMethod(const VicRegSpec& spec, const vit::EncoderSpec& encoder,
               ContextRequest request, uint64_t seed);
  void AddBatchTerms(StepOutput& output) override;
  std::vector<ComponentCost> Costs(int64_t batch) const override;

 private:
  VicRegSpec spec_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_VICREG_H_
