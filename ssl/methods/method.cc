#include "ssl/methods/method.h"

#include "data/augment/copy_to_device.h"

namespace caldera::ssl {

DeviceBatch SliceBatch(const DeviceBatch& batch, int64_t begin, int64_t end) {
  DeviceBatch slice = batch;
  for (at::Tensor* tensor : RowTensors(slice)) {
    const int64_t rows = tensor->size(0) / batch.index.size(0);  // of a sample
    *tensor = tensor->slice(0, begin * rows, end * rows);
  }
  return slice;
}

StepOutput Method::Step(const DeviceBatch& batch,
                        const base::Streams& streams) {
  const DeviceBatch ready = Drawn(Prepare(batch, streams), streams);
  StepOutput output = Forward(ready, streams);
  Complete(ready, streams, output);
  return output;
}

DeviceBatch Method::Drawn(DeviceBatch batch,
                          const base::Streams& streams) const {
  if (batch.draws.has_value()) return batch;
  batch.draws = Draw(batch, streams);
  for (at::Tensor* draw : RowTensors(*batch.draws)) {
    *draw = data::CopyToDevice(*draw, batch.views[0].device());
  }
  return batch;
}

void Method::Complete(const DeviceBatch& batch, const base::Streams& streams,
                      StepOutput& output) {
  output.context.views = batch.views;
  output.context.streams = streams;
  output.context.gather = gather_;
  AddBatchTerms(output);
}

}  // namespace caldera::ssl
