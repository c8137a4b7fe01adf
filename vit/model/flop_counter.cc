#include "vit/model/flop_counter.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <glog/logging.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>

namespace caldera::vit {
namespace {

std::atomic<int64_t> counted{0};

// Returns 2 x batch x rows x inner x columns of a product of the last two
// dimensions.
int64_t ProductFlop(const at::Tensor& a, const at::Tensor& b) {
  return 2 * a.numel() * b.size(-1);
}

// Returns the FLOP of the scores and of the weighted sum: query [B, h, Nq, d],
// key [B, h, Nk, d].
int64_t AttentionFlop(const at::Tensor& query, const at::Tensor& key) {
  return 2 * ProductFlop(query, key.transpose(-1, -2));
}

int64_t Flop(const std::string& name, c10::ArrayRef<const c10::IValue> inputs) {
  const auto at = [&](size_t i) { return inputs[i].toTensor(); };
  if (name == "aten::mm" || name == "aten::bmm")
    return ProductFlop(at(0), at(1));
  if (name == "aten::addmm" || name == "aten::addmm_" ||
      name == "aten::baddbmm") {
    return ProductFlop(at(1), at(2));
  }
  constexpr char kAttention[] =
      "aten::_scaled_dot_product_flash_attention_for_cpu";
  if (name == kAttention) return AttentionFlop(at(0), at(1));
  if (name == std::string(kAttention) + "_backward") {
    return 2 * AttentionFlop(at(1), at(2));
  }
  static const auto* const unknown = new std::set<std::string>{
      "aten::mv",       "aten::addmv",  "aten::addmv_",        "aten::dot",
      "aten::vdot",     "aten::addr",   "aten::convolution",   "aten::addbmm",
      "aten::baddbmm_", "aten::einsum", "aten::_cdist_forward"};
  CHECK(unknown->count(name) == 0) << "cannot count " << name;
  return 0;
}

std::unique_ptr<at::ObserverContext> Count(const at::RecordFunction& function) {
  counted += Flop(function.name(), function.inputs());
  return nullptr;
}

}  // namespace

FlopCounter::FlopCounter()
    : handle_(at::addGlobalCallback(
          at::RecordFunctionCallback(Count).needsInputs(true).scopes(
              {at::RecordScope::FUNCTION}))) {
  Reset();
}

FlopCounter::~FlopCounter() { at::removeCallback(handle_); }

int64_t FlopCounter::flop() const { return counted; }

void FlopCounter::Reset() { counted = 0; }

}  // namespace caldera::vit
