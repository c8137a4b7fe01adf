#include "base/check_ranges.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/part.pb.h"
#include "base/range.h"
#include "base/spec_fields.h"
#include "base/status.h"

namespace caldera::base {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// index: -1 for a field that is no list.
absl::Status CheckValue(const Message& message, const FieldDescriptor& field,
                        int index, const Range& range,
                        const std::string& path) {
  const Reflection& reflection = *message.GetReflection();
  const auto* f = &field;
  const bool listed = index >= 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return range.Check(
          path, int64_t{listed ? reflection.GetRepeatedInt32(message, f, index)
                               : reflection.GetInt32(message, f)});
    case FieldDescriptor::CPPTYPE_INT64:
      return range.Check(path,
                         listed ? reflection.GetRepeatedInt64(message, f, index)
                                : reflection.GetInt64(message, f));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return range.Check(
          path, listed ? reflection.GetRepeatedDouble(message, f, index)
                       : reflection.GetDouble(message, f));
    default:
      return absl::OkStatus();  // the specs have no other numbers with a range
  }
}

}  // namespace

absl::Status CheckRanges(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (const FieldDescriptor* field : FieldsOf(*message.GetDescriptor())) {
    const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const std::string& text = field->options().GetExtension(caldera::range);
    if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        const std::string path = absl::StrCat(field->name(), "[", i, "]");
        RETURN_IF_ERROR(
            nested ? Within(path, CheckRanges(reflection.GetRepeatedMessage(
                                      message, field, i)))
                   : CheckValue(message, *field, i, Range(text), path));
      }
    } else if (!nested) {
      // A field without a default means something else while it is not set.
      const bool counts =
          field->has_default_value() || reflection.HasField(message, field);
      if (counts && !text.empty()) {
        RETURN_IF_ERROR(
            CheckValue(message, *field, -1, Range(text), field->name()));
      }
    } else if (reflection.HasField(message, field)) {
      RETURN_IF_ERROR(Within(
          field->name(), CheckRanges(reflection.GetMessage(message, field))));
    }
  }
  return absl::OkStatus();
}

}  // namespace caldera::base
