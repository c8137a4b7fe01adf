#include "base/program/missing.h"

#include <cstdio>
#include <exception>

#include "absl/strings/str_cat.h"
#include "base/program/exception_status.h"

namespace caldera::base {

bool Missing::Attempt(const std::string& what,
                      const std::function<absl::Status()>& make) {
  absl::Status status;
  try {
    status = make();
  } catch (const std::exception& e) {
    status = ExceptionStatus(e);
  }
  if (!status.ok()) Add(what, status);
  return status.ok();
}

bool Missing::Add(const std::string& what, const absl::Status& why) {
  const std::string reason(why.message());
  for (Entry& entry : entries_) {
    if (entry.what != what || entry.why != reason) continue;
    ++entry.times;
    return false;
  }
  entries_.push_back({what, reason, 1});
  return true;
}

int64_t Missing::count() const {
  int64_t count = 0;
  for (const Entry& entry : entries_) count += entry.times;
  return count;
}

std::vector<std::string> Missing::Lines() const {
  std::vector<std::string> lines;
  for (const auto& [what, why, times] : entries_) {
    lines.push_back(
        absl::StrCat(what, ": ", why,
                     times > 1 ? absl::StrCat(" (", times, " times)") : ""));
  }
  return lines;
}

int Missing::Report() const {
  if (empty()) return 0;
  std::fflush(stdout);
  for (const std::string& line : Lines()) {
    std::fprintf(stderr, "error: missing: %s\n", line.c_str());
  }
  return 1;
}

}  // namespace caldera::base
