// The table of what each row of a file of features is: a line a row of CSV, as
// RFC 4180 quotes it, with the columns
//
//   row,image,path,key,class,label
//   0,0,cat/1.jpg,,cat,3
//
// It is written a line at a time, and read by lines that are looked up:
//
//   std::string text = RowHeader() + "\n" + RowText(0, row) + "\n";
//   absl::StatusOr<RowTable> table = RowTable::Open("features.rows.csv");
//   absl::StatusOr<EmbeddedRow> row = table->Row(7);
//
// `image` is the position in the split, `path` and `key` name the image
// (data/sets/dataset.h). Bytes that are no UTF-8 are written as "\xF6": a
// reader of tables would stop at them.
#ifndef CALDERA_EVAL_EMBED_ROW_TABLE_H_
#define CALDERA_EVAL_EMBED_ROW_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mapped_file.h"

namespace caldera::eval {

struct EmbeddedRow {
  int64_t image = 0;
  std::string path, key;
  std::string class_name;  // "": unknown
  int64_t label = -1;
};

// Returns the names of the columns, without the end of the line.
std::string RowHeader();

// Returns the line of row `row`, without its end.
std::string RowText(int64_t row, const EmbeddedRow& what);

// Returns `text` in UTF-8, in quotes if it holds a comma, a quote or an end of
// a line.
std::string CsvField(absl::string_view text);

// Returns the fields of the first record of `bytes`, and removes it. A record
// may have ends of lines in quotes. `bytes` is not empty.
std::vector<std::string> TakeCsvRecord(absl::string_view& bytes);

class RowTable {
 public:
  // Maps the file and finds its lines: 8 bytes of memory a row. Errors: those
  // of base::MappedFile; InvalidArgument for a file with other columns.
  static absl::StatusOr<RowTable> Open(const std::string& path);

  int64_t size() const { return static_cast<int64_t>(begins_.size()); }
  // Errors: DataLoss, with path and row, for a line that is none of RowText.
  // CHECK: 0 <= row < size().
  absl::StatusOr<EmbeddedRow> Row(int64_t row) const;

 private:
  RowTable() = default;

  std::string path_;
  std::shared_ptr<const base::MappedFile> file_;
  std::vector<int64_t> begins_;  // of the lines
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_ROW_TABLE_H_
