#include "magma/peak_memory.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>

namespace caldera::magma {

class PeakMemory::Recorder : public c10::MemoryReportingInfoBase {
 public:
  bool memoryProfilingEnabled() const override { return true; }

  void reportMemoryUsage(void* /*ptr*/, int64_t change, size_t /*allocated*/,
                         size_t /*reserved*/, c10::Device device) override {
    if (!device.is_cpu()) return;
    current_ += change;  // frees are negative
    peak_ = std::max(peak_, current_);
  }

  int64_t peak() const { return peak_; }

 private:
  int64_t current_ = 0;
  int64_t peak_ = 0;
};

PeakMemory::PeakMemory() : recorder_(std::make_shared<Recorder>()) {
  c10::ThreadLocalDebugInfo::_push(c10::DebugInfoKind::PROFILER_STATE,
                                   recorder_);
}

PeakMemory::~PeakMemory() {
  c10::ThreadLocalDebugInfo::_pop(c10::DebugInfoKind::PROFILER_STATE);
}

int64_t PeakMemory::bytes() const { return recorder_->peak(); }

}  // namespace caldera::magma
