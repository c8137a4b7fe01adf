#include "base/spec_fields.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/part.pb.h"

namespace caldera::base {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;
using google::protobuf::io::Tokenizer;

class NoErrors : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
  void AddWarning(int, int, const std::string&) override {}
};

// A replacement of `length` characters of a line.
struct Edit {
  int line = 0, column = 0, length = 0;
  std::string text;
};

// Follows a text format's tokens and collects the edits that it needs.
class Rewriter {
 public:
  Rewriter(Tokenizer* tokens, const Descriptor& root) : tokens_(*tokens) {
    open_.push_back(&root);
  }

  std::vector<Edit> Run() {
    while (tokens_.Next()) {
      const Tokenizer::Token& token = tokens_.current();
      if (token.type == Tokenizer::TYPE_SYMBOL) {
        Symbol(token.text[0]);
      } else if (token.type == Tokenizer::TYPE_IDENTIFIER) {
        Word(token);
      } else {
        in_value_ = in_list_;  // a number or a text ends the value
      }
    }
    return std::move(edits_);
  }

 private:
  void Symbol(char symbol) {
    switch (symbol) {
      case ':':
        in_value_ = true;
        return;
      case '[':  // a list of values, or an extension's full name
        if (in_value_) {
          in_list_ = true;
        } else {
          FullName();
        }
        return;
      case ']':
        in_list_ = false;
        in_value_ = false;
        return;
      case '{':
      case '<':
        open_.push_back(field_ == nullptr ? nullptr : field_->message_type());
        in_list_of_messages_.push_back(in_list_ ? field_ : nullptr);
        in_value_ = in_list_ = false;
        return;
      case '}':
      case '>':
        if (open_.size() == 1) return;  // an error, which the parser reports
        open_.pop_back();
        field_ = in_list_of_messages_.back();
        in_list_ = in_value_ = field_ != nullptr;
        in_list_of_messages_.pop_back();
        return;
      case ',':
      case ';':
        in_value_ = in_list_;
        return;
      default:
        return;  // a sign
    }
  }

  // Reads the rest of "[caldera.ssl.sgd]".
  void FullName() {
    std::string name;
    while (tokens_.Next() && tokens_.current().text != "]") {
      name += tokens_.current().text;
    }
    field_ = DescriptorPool::generated_pool()->FindExtensionByName(name);
  }

  void Word(const Tokenizer::Token& token) {
    if (in_value_) {
      if (field_ != nullptr &&
          field_->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        Replace(token, absl::StrCat("\"", token.text, "\""));
      }
      in_value_ = in_list_;
      return;
    }
    const Descriptor* message = open_.back();
    field_ = message == nullptr ? nullptr : FindField(*message, token.text);
    if (field_ != nullptr && field_->is_extension()) {
      Replace(token, absl::StrCat("[", field_->full_name(), "]"));
    }
  }

  void Replace(const Tokenizer::Token& token, std::string text) {
    edits_.push_back({token.line, token.column,
                      static_cast<int>(token.text.size()), std::move(text)});
  }

  Tokenizer& tokens_;
  std::vector<const Descriptor*> open_;  // null: of a type that we do not know
  std::vector<const FieldDescriptor*> in_list_of_messages_;
  const FieldDescriptor* field_ = nullptr;  // whose value comes
  bool in_value_ = false, in_list_ = false;
  std::vector<Edit> edits_;
};

// Prints every field's name without its package.
class ShortNames : public TextFormat::FastFieldValuePrinter {
 public:
  void PrintFieldName(const Message& /*message*/, int /*index*/, int /*count*/,
                      const Reflection* /*reflection*/,
                      const FieldDescriptor* field,
                      TextFormat::BaseTextGenerator* out) const override {
    out->PrintString(field->name());
  }
};

// Prints a text without quotes where ParseSpec needs none.
class BareWord : public ShortNames {
 public:
  void PrintString(const std::string& value,
                   TextFormat::BaseTextGenerator* out) const override {
    const bool bare =
        !value.empty() && !absl::ascii_isdigit(value[0]) &&
        std::all_of(value.begin(), value.end(), [](unsigned char c) {
          return absl::ascii_isalnum(c) || c == '_';
        });
    bare ? out->PrintString(value) : ShortNames::PrintString(value, out);
  }
};

// Prints the names of parts bare in `type` and in every message within.
void PrintNamesBare(const Descriptor& type, TextFormat::Printer& printer,
                    std::set<const Descriptor*>& seen) {
  if (!seen.insert(&type).second) return;
  for (const FieldDescriptor* field : FieldsOf(type)) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      PrintNamesBare(*field->message_type(), printer, seen);
    } else if (field->options().GetExtension(chooses_part) ||
               field->options().HasExtension(names_part_of)) {
      printer.RegisterFieldValuePrinter(field, new BareWord);
    }
  }
}

std::string Print(const Message& message, bool single_line) {
  TextFormat::Printer printer;
  printer.SetSingleLineMode(single_line);
  printer.SetDefaultFieldValuePrinter(new ShortNames);
  std::set<const Descriptor*> seen;
  PrintNamesBare(*message.GetDescriptor(), printer, seen);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

}  // namespace

std::vector<const FieldDescriptor*> FieldsOf(const Descriptor& message) {
  std::vector<const FieldDescriptor*> fields;
  DescriptorPool::generated_pool()->FindAllExtensions(&message, &fields);
  std::sort(fields.begin(), fields.end(), [](const auto* a, const auto* b) {
    return a->full_name() < b->full_name();
  });
  std::vector<const FieldDescriptor*> own;
  for (int i = 0; i < message.field_count(); ++i) {
    own.push_back(message.field(i));
  }
  fields.insert(fields.begin(), own.begin(), own.end());
  return fields;
}

const FieldDescriptor* FindField(const Descriptor& message,
                                 absl::string_view name) {
  const FieldDescriptor* own = message.FindFieldByName(std::string(name));
  if (own != nullptr || message.extension_range_count() == 0) return own;
  for (const FieldDescriptor* field : FieldsOf(message)) {
    if (field->name() == name) return field;
  }
  return nullptr;
}

std::string WithFullNames(const std::string& text, const Descriptor& root) {
  google::protobuf::io::ArrayInputStream input(text.data(),
                                               static_cast<int>(text.size()));
  NoErrors errors;
  Tokenizer tokens(&input, &errors);
  // As TextFormat reads them.
  tokens.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
  tokens.set_allow_f_after_float(true);
  tokens.set_require_space_after_number(false);
  tokens.set_allow_multiline_strings(false);
  const std::vector<Edit> edits = Rewriter(&tokens, root).Run();
  if (edits.empty()) return text;
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    // The tokenizer counts a tab as the columns up to the next multiple of 8.
    std::string& line = lines[edit->line];
    size_t at = 0;
    for (int column = 0; column < edit->column; ++at) {
      column = line[at] == '\t' ? column / 8 * 8 + 8 : column + 1;
    }
    line.replace(at, edit->length, edit->text);
  }
  return absl::StrJoin(lines, "\n");
}

bool ParseSpec(const std::string& text, google::protobuf::Message* message) {
  return TextFormat::ParseFromString(
      WithFullNames(text, *message->GetDescriptor()), message);
}

std::string SpecText(const Message& message) {
  return Print(message, /*single_line=*/true);
}

std::string SpecLines(const Message& message) {
  return Print(message, /*single_line=*/false);
}

void FillDefaults(Message* message) {
  const Reflection& reflection = *message->GetReflection();
  for (const FieldDescriptor* field : FieldsOf(*message->GetDescriptor())) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field->is_repeated()) {
        for (int j = 0; j < reflection.FieldSize(*message, field); ++j) {
          FillDefaults(reflection.MutableRepeatedMessage(message, field, j));
        }
      } else if (reflection.HasField(*message, field)) {
        FillDefaults(reflection.MutableMessage(message, field));
      }
      continue;
    }
    if (field->is_repeated() || !field->has_default_value() ||
        reflection.HasField(*message, field)) {
      continue;
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        reflection.SetInt32(message, field, field->default_value_int32());
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection.SetInt64(message, field, field->default_value_int64());
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection.SetUInt64(message, field, field->default_value_uint64());
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        reflection.SetDouble(message, field, field->default_value_double());
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection.SetBool(message, field, field->default_value_bool());
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection.SetEnum(message, field, field->default_value_enum());
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(message, field, field->default_value_string());
        break;
      default:
        break;  // the specs use no other type
    }
  }
}

}  // namespace caldera::base
