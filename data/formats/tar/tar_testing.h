// Makes small tar archives for tests, in the common dialects.
#ifndef CALDERA_DATA_FORMATS_TAR_TAR_TESTING_H_
#define CALDERA_DATA_FORMATS_TAR_TAR_TESTING_H_

#include <string>

namespace caldera::data {

struct TarEntry {
  std::string name;
  std::string bytes;
  char type = '0';
  std::string prefix = "";  // ustar's
  bool gnu = false;         // GNU's magic instead of ustar's
  bool base_256 = false;    // the size as bytes instead of octal digits
  bool signed_checksum = false;
  std::string target = "";  // of a link
};

// Returns a header and the bytes, padded to a block.
inline std::string TarBlocks(const TarEntry& entry) {
  std::string header(512, '\0');
  const auto put = [&](int offset, const std::string& text) {
    header.replace(offset, text.size(), text);
  };
  const auto octal = [](unsigned long value, int digits) {
    std::string text(digits, '0');
    for (int i = digits - 1; i >= 0; --i, value /= 8) text[i] += value % 8;
    return text;
  };
  put(0, entry.name.substr(0, 100));
  put(100, "0000644");
  put(124, octal(entry.bytes.size(), 11));
  if (entry.base_256) {
    put(124, "\x80" + std::string(9, '\0') +
                 static_cast<char>(entry.bytes.size() >> 8) +
                 static_cast<char>(entry.bytes.size()));
  }
  header[156] = entry.type;
  put(157, entry.target.substr(0, 100));
  put(257, entry.gnu ? std::string("ustar  ") : std::string("ustar\00000", 8));
  put(345, entry.prefix);
  put(148, "        ");
  int sum = 0;
  for (const char c : header) {
    sum += entry.signed_checksum ? static_cast<signed char>(c)
                                 : static_cast<unsigned char>(c);
  }
  put(148, octal(sum, 6) + std::string("\0 ", 2));
  std::string blocks = header + entry.bytes;
  blocks.resize((blocks.size() + 511) / 512 * 512, '\0');
  return blocks;
}

// Returns a hard link, or a symbolic one, and no bytes.
inline std::string TarHardLink(const std::string& name,
                               const std::string& target) {
  TarEntry entry = {name, "", '1'};
  entry.target = target;
  return TarBlocks(entry);
}
inline std::string TarSymbolicLink(const std::string& name,
                                   const std::string& target) {
  TarEntry entry = {name, "", '2'};
  entry.target = target;
  return TarBlocks(entry);
}

// Returns a record of a pax header.
inline std::string PaxRecord(const std::string& key, const std::string& value) {
  const std::string record = " " + key + "=" + value + "\n";
  for (size_t digits = 1;; ++digits) {
    const std::string length = std::to_string(record.size() + digits);
    if (length.size() == digits) return length + record;
  }
}

// Returns the end mark.
inline std::string TarEnd() { return std::string(1024, '\0'); }

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_TAR_TESTING_H_
