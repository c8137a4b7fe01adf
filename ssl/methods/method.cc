#include "ssl/methods/method.h"

#include <utility>

namespace caldera::ssl {

DeviceBatch SliceBatch(const DeviceBatch& batch, int64_t begin, int64_t end) {
  DeviceBatch slice;
  for (const at::Tensor& view : batch.views) {
    slice.views.push_back(view.slice(0, begin, end));
  }
  if (batch.labels.defined()) slice.labels = batch.labels.slice(0, begin, end);
  slice.index = batch.index.slice(0, begin, end);
  if (batch.targets.defined())
    slice.targets = batch.targets.slice(0, begin, end);
  for (const at::Tensor& draw : batch.draws) {
    const int64_t rows = draw.size(0) / batch.index.size(0);  // of a sample
    slice.draws.push_back(draw.slice(0, begin * rows, end * rows));
  }
  const CorruptedImages& corrupted = batch.corrupted;
  for (const auto& [from, to] :
       {std::pair(&corrupted.images, &slice.corrupted.images),
        std::pair(&corrupted.patches, &slice.corrupted.patches),
        std::pair(&corrupted.frequencies, &slice.corrupted.frequencies)}) {
    if (from->defined()) *to = from->slice(0, begin, end);
  }
  return slice;
}

StepOutput Method::Step(const DeviceBatch& batch,
                        const base::Streams& streams) {
  const DeviceBatch prepared = Prepare(batch, streams);
  StepOutput output = Forward(prepared, streams);
  Complete(prepared, streams, output);
  return output;
}

void Method::Complete(const DeviceBatch& batch, const base::Streams& streams,
                      StepOutput& output) {
  output.context.views = batch.views;
  output.context.streams = streams;
  output.context.gather = gather_;
  AddBatchTerms(output);
}

}  // namespace caldera::ssl
