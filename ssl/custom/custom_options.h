// The options of a custom part. Reading an option declares it and its default.
//
//   CustomOptions options(spec);  // option: "eps=1e-6"
//   const double eps = options.Number("eps", 1e-8);  // 1e-6
//   absl::Status status = options.Check();  // refuses what nobody has read
#ifndef CALDERA_SSL_CUSTOM_CUSTOM_OPTIONS_H_
#define CALDERA_SSL_CUSTOM_CUSTOM_OPTIONS_H_

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

  // Returns the option's value, or `default_value` if the spec does not set it.
  // A value that is not a finite number (an integer, one of `choices`) also
  // returns `default_value`; Check then reports it.
  double Number(const std::string& key, double default_value);
  int64_t Integer(const std::string& key, int64_t default_value);
  std::string Choice(const std::string& key, const std::string& default_value,
                     const std::vector<std::string>& choices);

  // Returns InvalidArgument whose text begins with the field's path in
  // CustomSpec for an option that is not of the form key=value, is given twice,
  // has a wrong value, or is not an option of the part. Call it last.
  absl::Status Check() const;

 private:
  struct Given {
    int place = 0;  // in CustomSpec.option
    std::string value;
  };

  // Returns null if the spec has no such option.
  const Given* Find(const std::string& key);
  void Refuse(int place, absl::string_view what);

  std::string name_;  // the part's
  std::map<std::string, Given> given_;
  std::vector<std::string> known_;
  absl::Status first_error_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CUSTOM_CUSTOM_OPTIONS_H_
