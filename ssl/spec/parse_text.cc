#include "ssl/spec/parse_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/nearest_name.h"
#include "base/part.h"
#include "base/spec_fields.h"

namespace caldera::ssl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;

// Turns Protobuf's error for an unknown field into ours, with a suggestion.
std::string Improve(const std::string& message, const Descriptor& root) {
  // It reads 'Message type "caldera.ssl.TrainSpec" has no field named "epoch".'
  const std::vector<std::string> parts = absl::StrSplit(message, '"');
  if (parts.size() < 4 || !absl::StrContains(message, "has no field named")) {
    return message;
  }
  const Descriptor* type = root.file()->pool()->FindMessageTypeByName(parts[1]);
  return type == nullptr ? message : UnknownField(*type, parts[3]);
}

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int /*column*/, const std::string& message) override {
    if (!message_.empty()) return;
    line_ = line + 1;  // protobuf counts from 0
    message_ = message;
  }
  void AddWarning(int, int, const std::string&) override {}

  int line() const { return line_; }
  const std::string& message() const { return message_; }

 private:
  int line_ = 0;
  std::string message_;
};

void RecordFields(const Message& message, const std::string& prefix,
                  TextFormat::ParseInfoTree* tree, const std::string& name,
                  FieldOrigins* origins) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool repeated = field->is_repeated();
    const int count = repeated ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = repeated ? i : -1;
      const std::string path =
          repeated ? absl::StrCat(prefix, field->name(), "[", i, "]")
                   : absl::StrCat(prefix, field->name());
      const int line = tree->GetLocation(field, index).line;
      if (line >= 0) {
        origins->Record(path, absl::StrCat(name, ":", line + 1));
      }
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      TextFormat::ParseInfoTree* nested = tree->GetTreeForNested(field, index);
      if (nested == nullptr) continue;
      const Message& child =
          repeated ? reflection.GetRepeatedMessage(message, field, i)
                   : reflection.GetMessage(message, field);
      RecordFields(child, path + ".", nested, name, origins);
    }
  }
}

}  // namespace

std::string UnknownField(const Descriptor& message, const std::string& field) {
  std::vector<std::string> names;
  for (const FieldDescriptor* known : base::FieldsOf(message)) {
    names.push_back(known->name());
  }
  std::string text =
      absl::StrCat("unknown field \"", field, "\" in ", message.name());
  if (!names.empty()) {
    absl::StrAppend(&text, "; did you mean \"", base::NearestName(field, names),
                    "\"?");
  }
  return text;
}

absl::Status MergeText(const std::string& text, const std::string& name,
                       Message* message, FieldOrigins* origins) {
  // The text is parsed into a message of its own and then merged: repeated
  // fields keep their indices, and a text with an error leaves `message` as it
  // was.
  std::unique_ptr<Message> parsed(message->New());
  FirstError error;
  TextFormat::ParseInfoTree tree;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&tree);
  parser.AllowPartialMessage(true);
  const Descriptor& type = *message->GetDescriptor();
  if (!parser.ParseFromString(base::WithFullNames(text, type), parsed.get())) {
    const std::string what = Improve(error.message(), type);
    return absl::InvalidArgumentError(absl::StrCat(
        name, ":", error.line(), ": ", absl::StripSuffix(what, ".")));
  }
  if (origins != nullptr) RecordFields(*parsed, "", &tree, name, origins);
  base::MergeSpec(*parsed, message);
  return absl::OkStatus();
}

}  // namespace caldera::ssl
