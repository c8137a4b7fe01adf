#include "vit/ops/plain_ops.h"

#include <atomic>

namespace caldera::vit {
namespace {

std::atomic<bool> plain_chosen{false};

}  // namespace

PlainOps::PlainOps(bool plain) : before_(plain_chosen.exchange(plain)) {}

PlainOps::~PlainOps() { plain_chosen = before_; }

bool PlainOps::chosen() { return plain_chosen; }

}  // namespace caldera::vit
