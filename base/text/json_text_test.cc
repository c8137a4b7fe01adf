#include "base/text/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace caldera::base {
namespace {

using nlohmann::json;

TEST(JsonText, WritesWhatDumpWritesOfUtf8) {
  const json value = json::parse(
      R"({"a": [1, -2.5, 1e300, true, null, {}], "ö\n": "\u0007 ü \"", "": []})");
  EXPECT_EQ(JsonText(value), value.dump());
  EXPECT_EQ(JsonText(value, 1), value.dump(1));
  EXPECT_EQ(WithUtf8(value), value);
}

TEST(JsonText, WritesAnyBytesSoThatNamesStayApart) {
  const json value = {{"k\xF6", {"Gr\xF6", json{{"in", "Gr\xF7\n"}}}}};
  EXPECT_EQ(JsonText(value), R"({"k\\xF6":["Gr\\xF6",{"in":"Gr\\xF7\n"}]})");
  EXPECT_EQ(json::parse(JsonText(value)), WithUtf8(value));
}

}  // namespace
}  // namespace caldera::base
