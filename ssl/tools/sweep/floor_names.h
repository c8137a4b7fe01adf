// Names the floors of a sweep's table (encoders with random weights, raw
// pixels), so that different floors never share a line.
//
//   FloorNames names;
//   names.Of("random (28 px)", "6 blocks", "mae");   // random (28 px)
//   names.Of("random (28 px)", "CRATE", "crate");    // random (28 px) of crate
#ifndef CALDERA_SSL_TOOLS_SWEEP_FLOOR_NAMES_H_
#define CALDERA_SSL_TOOLS_SWEEP_FLOOR_NAMES_H_

#include <map>
#include <set>
#include <string>

namespace caldera::ssl {

class FloorNames {
 public:
  // Returns short_name, followed by " of <spec>" if another floor has that
  // name. what: everything that determines the floor's features except the
  // seed. The same `what` has the same name for every spec.
  const std::string& Of(const std::string& short_name, const std::string& what,
                        const std::string& spec);

 private:
  std::map<std::string, std::string> given_;  // by `what`
  std::set<std::string> taken_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_FLOOR_NAMES_H_
