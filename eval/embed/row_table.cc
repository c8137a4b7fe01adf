#include "eval/embed/row_table.h"

#include <glog/logging.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status.h"
#include "base/text/printable_text.h"

namespace caldera::eval {
namespace {

constexpr size_t kColumns = 6;

// Returns where the record that begins `bytes` ends, its end of line included.
size_t RecordSize(absl::string_view bytes) {
  bool quoted = false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '"') quoted = !quoted;  // twice for a quote in a field
    if (bytes[i] == '\n' && !quoted) return i + 1;
  }
  return bytes.size();
}

}  // namespace

std::string RowHeader() { return "row,image,path,key,class,label"; }

std::string RowText(int64_t row, const EmbeddedRow& what) {
  return absl::StrCat(row, ",", what.image, ",", CsvField(what.path), ",",
                      CsvField(what.key), ",", CsvField(what.class_name), ",",
                      what.label);
}

std::string CsvField(absl::string_view text) {
  const std::string valid = base::ValidUtf8(text);
  if (valid.find_first_of(",\"\r\n") == valid.npos) return valid;
  return absl::StrCat("\"", absl::StrReplaceAll(valid, {{"\"", "\"\""}}), "\"");
}

std::vector<std::string> TakeCsvRecord(absl::string_view& bytes) {
  CHECK(!bytes.empty());
  const size_t size = RecordSize(bytes);
  absl::string_view record = bytes.substr(0, size);
  bytes.remove_prefix(size);
  if (!record.empty() && record.back() == '\n') record.remove_suffix(1);
  if (!record.empty() && record.back() == '\r') record.remove_suffix(1);
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (quoted && c == '"' && i + 1 < record.size() && record[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

absl::StatusOr<RowTable> RowTable::Open(const std::string& path) {
  RowTable table;
  table.path_ = path;
  ASSIGN_OR_RETURN(table.file_, base::MappedFile::Open(path));
  const absl::string_view all = table.file_->bytes();
  const size_t header = RecordSize(all);
  if (all.substr(0, header) != RowHeader() + "\n") {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": its first line is not ", RowHeader(),
                     "; name a table of rows as //:embed writes it"));
  }
  for (size_t begin = header; begin < all.size();) {
    table.begins_.push_back(static_cast<int64_t>(begin));
    begin += RecordSize(all.substr(begin));
  }
  return table;
}

absl::StatusOr<EmbeddedRow> RowTable::Row(int64_t row) const {
  CHECK(row >= 0 && row < size()) << row;
  absl::string_view rest = file_->bytes().substr(begins_[row]);
  const std::vector<std::string> fields = TakeCsvRecord(rest);
  EmbeddedRow what;
  int64_t number = -1;
  if (fields.size() != kColumns || !absl::SimpleAtoi(fields[0], &number) ||
      number != row || !absl::SimpleAtoi(fields[1], &what.image) ||
      !absl::SimpleAtoi(fields[5], &what.label)) {
    return absl::DataLossError(absl::StrCat(
        path_, ": row ", row, " is damaged; remove the file and embed again"));
  }
  what.path = fields[2];
  what.key = fields[3];
  what.class_name = fields[4];
  return what;
}

}  // namespace caldera::eval
