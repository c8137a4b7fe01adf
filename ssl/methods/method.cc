#include "ssl/methods/method.h"

namespace caldera::ssl {

StepOutput Method::Step(const DeviceBatch& batch,
                        const data::Streams& streams) {
  StepOutput output = Forward(batch, streams);
  Complete(batch, streams, output);
  return output;
}

void Method::Complete(const DeviceBatch& batch, const data::Streams& streams,
                      StepOutput& output) {
  output.context.views = batch.views;
  output.context.streams = streams;
  output.context.gather = gather_;
  AddBatchTerms(output);
}

}  // namespace caldera::ssl
