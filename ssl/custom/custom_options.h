#ifndef CALDERA_SSL_CUSTOM_CUSTOM_OPTIONS_H_
#define CALDERA_SSL_CUSTOM_CUSTOM_OPTIONS_H_

// The options of a custom part: who reads one says its default, and with it
// that there is such an option.
//
//   CustomOptions options(spec);  // option: "eps=1e-6"
//   const double eps = options.Number("eps", 1e-8);  // 1e-6
//   absl::Status status = options.Check();  // refuses what nobody has read

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ssl/custom/custom.pb.h"

namespace caldera::ssl {

class CustomOptions {
 public:
  explicit CustomOptions(const CustomSpec& spec);

  // The option's value, or `default_value` where the spec has none, or none
  // that is a finite number (an integer, one of `choices`): Check tells.
  double Number(const std::string& key, double default_value);
  int64_t Integer(const std::string& key, int64_t default_value);
  std::string Choice(const std::string& key, const std::string& default_value,
                     const std::vector<std::string>& choices);

  // InvalidArgument whose text begins with the field's path in CustomSpec: what
  // is not of the form key=value, is given twice, has a wrong value, or is no
  // option of the part (call it last).
  absl::Status Check() const;

 private:
  struct Given {
    int place = 0;  // in CustomSpec.option
    std::string value;
  };

  // Null where the spec has no such option.
  const Given* Find(const std::string& key);
  void Refuse(int place, absl::string_view what);

  std::string name_;  // the part's
  std::map<std::string, Given> given_;
  std::vector<std::string> known_;
  absl::Status first_error_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CUSTOM_CUSTOM_OPTIONS_H_
