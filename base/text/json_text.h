// Writes JSON that may hold text of any bytes.
//
//   JsonText({{"data", "/sets/Gr\xF6"}});  // {"data":"/sets/Gr\\xF6"}
//
// nlohmann::json::dump() throws at text that is no UTF-8, as the names of files
// may be; everything that is written as JSON goes through here instead.
#ifndef CALDERA_BASE_TEXT_JSON_TEXT_H_
#define CALDERA_BASE_TEXT_JSON_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>

namespace caldera::base {

// Returns the value with every text and key in UTF-8
// (base/text/printable_text.h): what a reader of JsonText(value) gets.
nlohmann::json WithUtf8(const nlohmann::json& value);

// Returns the text of a value, on one line or, with an `indent` of 0 or more,
// on several.
std::string JsonText(const nlohmann::json& value, int indent = -1);

}  // namespace caldera::base

#endif  // CALDERA_BASE_TEXT_JSON_TEXT_H_
