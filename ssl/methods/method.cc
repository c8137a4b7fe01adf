#include "ssl/methods/method.h"

namespace caldera::ssl {

StepOutput Method::Step(const DeviceBatch& batch,
                        const data::Streams& streams) {
  const DeviceBatch prepared = Prepare(batch, streams);
  StepOutput output = Forward(prepared, streams);
  Complete(prepared, streams, output);
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
