// Remembers where each field of a merged experiment was written, for error
// messages.
//
//   FieldOrigins origins;
//   origins.Record("optimizer.base_lr", "ssl/specs/a/b.textproto:12");
//   origins.Find("optimizer.base_lr");  // "ssl/specs/a/b.textproto:12"
//   origins.Find("optimizer.eps");      // nearest enclosing message's, or ""
#ifndef CALDERA_SSL_SPEC_FIELD_ORIGINS_H_
#define CALDERA_SSL_SPEC_FIELD_ORIGINS_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace caldera::ssl {

class FieldOrigins {
 public:
  // A later record of the same path replaces the former, as merging does.
  void Record(const std::string& path, const std::string& origin);

  // Records everything that `later` has recorded.
  void Merge(const FieldOrigins& later);

  // Returns the origin of `path`, else that of the innermost message around it
  // that has one, else "". Paths read like "auxiliary[0].weight.constant".
  std::string Find(absl::string_view path) const;

 private:
  std::map<std::string, std::string> origins_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_FIELD_ORIGINS_H_
