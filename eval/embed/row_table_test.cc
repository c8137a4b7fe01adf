#include "eval/embed/row_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file_testing.h"

namespace caldera::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CsvField, QuotesAsTheStandardSays) {
  EXPECT_EQ(CsvField("cat/1.jpg"), "cat/1.jpg");
  EXPECT_EQ(CsvField(""), "");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(CsvField("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(CsvField("Gr\xF6"), "Gr\\xF6");
}

TEST(CsvField, IsReadAsItWasWritten) {
  const std::vector<std::string> fields = {"", "a,b", "\"", "\"\"x\r\ny\n",
                                           "z"};
  std::string text;
  for (const std::string& field : fields) text += CsvField(field) + ",";
  text += "end\r\nnext,\"\"\n";
  absl::string_view rest = text;
  EXPECT_THAT(TakeCsvRecord(rest),
              ElementsAre("", "a,b", "\"", "\"\"x\r\ny\n", "z", "end"));
  EXPECT_THAT(TakeCsvRecord(rest), ElementsAre("next", ""));
  EXPECT_TRUE(rest.empty());
}

TEST(RowTable, FindsEachRow) {
  const std::string path = base::NewFolder("rows") + "/a.rows.csv";
  std::vector<EmbeddedRow> rows(3);
  rows[0] = {0, "cat/1.jpg", "", "cat", 3};
  rows[1] = {5, "0.tar", "dir/\"x\",\n1.jpg", "", -1};
  rows[2] = {6, "z", "7", "a,b", 0};
  std::string text = RowHeader() + "\n";
  for (int i = 0; i < 3; ++i) text += RowText(i, rows[i]) + "\n";
  base::WriteFile(path, text);
  const auto table = RowTable::Open(path);
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->size(), 3);
  for (const int i : {2, 0, 1}) {
    const auto row = table->Row(i);
    ASSERT_TRUE(row.ok()) << row.status();
    EXPECT_EQ(row->image, rows[i].image);
    EXPECT_EQ(row->path, rows[i].path);
    EXPECT_EQ(row->key, rows[i].key);
    EXPECT_EQ(row->class_name, rows[i].class_name);
    EXPECT_EQ(row->label, rows[i].label);
  }
}

TEST(RowTable, RefusesOtherTables) {
  const std::string path = base::NewFolder("other_rows") + "/a.csv";
  base::WriteFile(path, "name,label\na,1\n");
  EXPECT_THAT(std::string(RowTable::Open(path).status().message()),
              HasSubstr(path + ": its first line is not row,image,path"));
  base::WriteFile(path, RowHeader() + "\n0,0,a,,b,1\n5,0,a,,b,1\n0,0,a\n");
  const auto table = RowTable::Open(path);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE(table->Row(0).ok());
  EXPECT_THAT(std::string(table->Row(1).status().message()),
              HasSubstr("row 1 is damaged"));
  EXPECT_FALSE(table->Row(2).ok());
}

}  // namespace
}  // namespace caldera::eval
