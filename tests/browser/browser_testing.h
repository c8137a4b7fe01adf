// A headless Chromium that a test drives over the DevTools protocol.
//
//   Browser browser;
//   browser.Emulate({390, 844, /*dark=*/true});
//   browser.Open("/tmp/report.html");
//   EXPECT_EQ(browser.Evaluate("document.title"), "m_mae");
//   EXPECT_THAT(browser.complaints(), IsEmpty());
//
// Caveats: it starts the command "chromium" without its sandbox, for pages of
// our own. Failures of the browser itself are CHECKs.
#ifndef CALDERA_TESTS_BROWSER_BROWSER_TESTING_H_
#define CALDERA_TESTS_BROWSER_BROWSER_TESTING_H_

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace caldera {

struct Screen {
  int width;  // CSS pixels; below 500 it is a phone's
  int height;
  bool dark;
};

class Browser {
 public:
  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void Emulate(const Screen& screen);
  // Loads a file of this machine and waits until it has been loaded.
  void Open(const std::string& path);
  // Returns the value of a JavaScript expression; an exception counts as a
  // complaint.
  nlohmann::json Evaluate(const std::string& expression);
  // Moves the mouse to a place of the window, in CSS pixels.
  void PointAt(double x, double y);
  // Returns the window's content as PNG, one pixel for each CSS pixel.
  std::string Screenshot();

  // Returns the complaints since the start: errors and warnings on the console,
  // uncaught exceptions, and requests for anything but the opened files and
  // data: URIs.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  // Returns the answer to a command; notes the events that precede it.
  nlohmann::json Call(const std::string& method, const nlohmann::json& params);
  nlohmann::json Receive();
  void Note(const nlohmann::json& event);

  pid_t process_ = -1;
  int to_ = -1, from_ = -1;  // pipes
  std::string received_;     // an incomplete message
  int64_t last_id_ = 0;
  std::string session_;
  int64_t loads_ = 0;  // pages that were loaded
  std::vector<std::string> complaints_;
};

}  // namespace caldera

#endif  // CALDERA_TESTS_BROWSER_BROWSER_TESTING_H_
