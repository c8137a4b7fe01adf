// The options of a part that has no message of its own, each with its type,
// default, range and meaning. A part lists them once; the same list reads them
// from a spec and explains them.
//
//   struct KoLeoOptions {
//     double eps = 1e-8;
//     std::string feature = "CLS";
//     void List(base::OptionList& list) {
//       list.Add("eps", &eps, "(0, inf)", "the distance of equal rows");
//       list.Add("feature", &feature, {"CLS", "MEAN"}, "what is spread out");
//     }
//   };
//
//   KoLeoOptions options;
//   base::OptionList list(spec);  // option: "eps=1e-6"
//   options.List(list);           // options.eps is 1e-6
//   absl::Status status = list.status();
#ifndef CALDERA_BASE_OPTION_LIST_H_
#define CALDERA_BASE_OPTION_LIST_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/part.pb.h"

namespace caldera::base {

// Describes an option, for --explain.
struct OptionDoc {
  std::string name, type, default_value, range, meaning;
};

class OptionList {
 public:
  // Reads the options of `spec`.
  explicit OptionList(const PartSpec& spec = {});

  // Each declares an option: writes the spec's value, if it sets the option, to
  // `*value`, which holds the default before. A wrong value leaves it as it is;
  // status() then reports it. range: as base/range.h writes it. choices: the
  // values of a text; empty: any.
  void Add(const std::string& name, double* value, absl::string_view range,
           absl::string_view meaning);
  void Add(const std::string& name, int64_t* value, absl::string_view range,
           absl::string_view meaning);
  void Add(const std::string& name, bool* value, absl::string_view meaning);
  void Add(const std::string& name, std::string* value,
           const std::vector<std::string>& choices, absl::string_view meaning);

  // Returns InvalidArgument, whose text begins with the field's path in
  // PartSpec, for an option that is not of the form key=value, is given twice,
  // has a wrong value or is not one of the list. Call it last.
  absl::Status status() const;

  // Returns the options in the order in which they were added.
  const std::vector<OptionDoc>& docs() const { return docs_; }

 private:
  struct Given {
    int place = 0;  // in PartSpec.option
    std::string value;
  };

  // Returns null if the spec has no such option.
  const Given* Find(const OptionDoc& doc);
  void Refuse(int place, absl::string_view what);
  // Refuses `given` unless `range` holds `value`; returns whether it does.
  template <typename T>
  bool IsIn(absl::string_view range, const std::string& name,
            const Given& given, T value);

  std::string part_;
  std::map<std::string, Given> given_;
  std::vector<OptionDoc> docs_;
  absl::Status first_error_;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_OPTION_LIST_H_
