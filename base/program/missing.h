// Collects what a program could not make, so that one failure costs one row or
// picture and not the others.
//
//   Missing missing;
//   missing.Attempt("k-NN of raw pixels", [&] { return Measure(); });
//   missing.Attempt("images/loss.svg", [&] { return Draw(); });
//   return missing.Report();  // 0, or prints the list and returns 1
//
// Caveat: it is for what can only fail late. A mistake of the user that can be
// found before the work starts is an error of its own, with exit status 2.
#ifndef CALDERA_BASE_PROGRAM_MISSING_H_
#define CALDERA_BASE_PROGRAM_MISSING_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace caldera::base {

class Missing {
 public:
  // Calls `make` and notes its error, also an exception (no memory), as the
  // reason why `what` is missing. Returns true if there was none.
  bool Attempt(const std::string& what,
               const std::function<absl::Status()>& make);

  // Notes that `what` is missing; the same again for the same reason is
  // counted. Returns true if it is new.
  bool Add(const std::string& what, const absl::Status& why);

  bool empty() const { return entries_.empty(); }

  // Returns how often something was missing.
  int64_t count() const;

  // Returns a line each: "k-NN of raw pixels: D, image 3: cut off (7 times)".
  std::vector<std::string> Lines() const;

  // Prints "error: missing: ..." for each line on stderr. Returns the exit
  // status: 0 if nothing is missing, else 1.
  int Report() const;

 private:
  struct Entry {
    std::string what, why;
    int64_t times;
  };

  std::vector<Entry> entries_;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROGRAM_MISSING_H_
