#ifndef CALDERA_SSL_TOOLS_SWEEP_FLOOR_NAMES_H_
#define CALDERA_SSL_TOOLS_SWEEP_FLOOR_NAMES_H_

// Names of the floors of a sweep's table (encoders with random weights, raw
// pixels): floors that are not the same never share a line.
//
//   FloorNames names;
//   names.Of("random (28 px)", "6 blocks", "mae");   // random (28 px)
//   names.Of("random (28 px)", "CRATE", "crate");    // random (28 px) of crate

#include <map>
#include <set>
#include <string>

namespace caldera::ssl {

class FloorNames {
 public:
  // short_name, with " of <spec>" behind it where another floor has that name.
  // what: all that decides the floor's features, but for the seed. The same
  // `what` has the same name, whichever spec asks.
  const std::string& Of(const std::string& short_name, const std::string& what,
                        const std::string& spec);

 private:
  std::map<std::string, std::string> given_;  // by `what`
  std::set<std::string> taken_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_FLOOR_NAMES_H_
