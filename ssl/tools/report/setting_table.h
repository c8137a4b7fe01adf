// Arranges experiments as tables, field by field, and finds the fields that
// differ.
//
//   for (const auto& [field, value] : FlatFields(experiment)) ...
//   //   {"optimizer.base_lr", "0.003"}, {"eval.knn.k", "[10, 20]"}
//   auto rows = Differing(Beside({FlatFields(mae), FlatFields(m_mae)}));
#ifndef CALDERA_SSL_TOOLS_REPORT_SETTING_TABLE_H_
#define CALDERA_SSL_TOOLS_REPORT_SETTING_TABLE_H_

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

namespace caldera::ssl {

using Fields = std::vector<std::pair<std::string, std::string>>;

// Returns every field that is set, as its path and its value in text format, in
// the order of the message. A message without fields of its own is "{}".
Fields FlatFields(const google::protobuf::Message& message);

struct SettingRow {
  std::string name;
  std::vector<std::string> values;  // one a run; "" where it has none
};

// Returns a row for each name, in the order of their first occurrence.
std::vector<SettingRow> Beside(const std::vector<Fields>& runs);

// Returns the rows whose values are not all equal.
std::vector<SettingRow> Differing(const std::vector<SettingRow>& rows);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_SETTING_TABLE_H_
