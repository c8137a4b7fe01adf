#include "ssl/tools/report/setting_table.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

std::string ValueText(const Message& message, const FieldDescriptor* field,
                      int index) {
  std::string text;
  TextFormat::PrintFieldValueToString(message, field, index, &text);
  return text;
}

std::string ListText(const Message& message, const FieldDescriptor* field) {
  std::string list;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ", ", ValueText(message, field, i));
  }
  return absl::StrCat("[", list, "]");
}

void AddFields(const Message& message, const std::string& path, Fields* fields);

void AddMessage(const Message& message, const std::string& path,
                Fields* fields) {
  const size_t before = fields->size();
  AddFields(message, absl::StrCat(path, "."), fields);
  if (fields->size() == before) fields->emplace_back(path, "{}");
}

void AddFields(const Message& message, const std::string& path,
               Fields* fields) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const std::string name = absl::StrCat(path, field->name());
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      fields->emplace_back(name, field->is_repeated()
                                     ? ListText(message, field)
                                     : ValueText(message, field, -1));
    } else if (!field->is_repeated()) {
      AddMessage(reflection->GetMessage(message, field), name, fields);
    } else {
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        AddMessage(reflection->GetRepeatedMessage(message, field, i),
                   absl::StrCat(name, "[", i, "]"), fields);
      }
    }
  }
}

}  // namespace

Fields FlatFields(const Message& message) {
  Fields fields;
  AddFields(message, "", &fields);
  return fields;
}

std::vector<SettingRow> Beside(const std::vector<Fields>& runs) {
  std::vector<SettingRow> rows;
  for (size_t run = 0; run < runs.size(); ++run) {
    for (const auto& [name, value] : runs[run]) {
      auto row = std::find_if(
          rows.begin(), rows.end(),
          [&name = name](const SettingRow& r) { return r.name == name; });
      if (row == rows.end()) {
        rows.push_back({name, std::vector<std::string>(runs.size())});
        row = rows.end() - 1;
      }
      row->values[run] = value;
    }
  }
  return rows;
}

std::vector<SettingRow> Differing(const std::vector<SettingRow>& rows) {
  std::vector<SettingRow> some;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(some),
               [](const SettingRow& row) {
                 return std::count(row.values.begin(), row.values.end(),
                                   row.values[0]) !=
                        static_cast<int64_t>(row.values.size());
               });
  return some;
}

}  // namespace caldera::ssl
