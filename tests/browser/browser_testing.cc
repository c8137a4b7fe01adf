#include "tests/browser/browser_testing.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace caldera {
namespace {

using nlohmann::json;

constexpr int kPatience = 60000;  // milliseconds without a message

// Runs in the child: commands arrive on 3, answers leave on 4, as
// --remote-debugging-pipe requires.
[[noreturn]] void RunChromium(int commands, int answers,
                              const std::string& home) {
  // The pipes move away from 3 and 4, which the first copy could overwrite.
  commands = fcntl(commands, F_DUPFD, 10);
  answers = fcntl(answers, F_DUPFD, 10);
  dup2(commands, 3);
  dup2(answers, 4);
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDERR_FILENO);  // it complains about buses that are not there
  setenv("HOME", home.c_str(), 1);
  const std::string profile = "--user-data-dir=" + home + "/profile";
  execlp("chromium", "chromium", "--headless", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--no-first-run",
         "--remote-debugging-pipe", profile.c_str(), "about:blank",
         static_cast<char*>(nullptr));
  _exit(127);
}

}  // namespace

Browser::Browser() {
  signal(SIGPIPE, SIG_IGN);  // a browser that died shows when it is read from
  int commands[2], answers[2];
  PCHECK(pipe2(commands, O_CLOEXEC) == 0 && pipe2(answers, O_CLOEXEC) == 0);
  const std::string home = testing::TempDir() + "/chromium";
  process_ = fork();
  PCHECK(process_ >= 0);
  if (process_ == 0) {
    setpgid(0, 0);
    RunChromium(commands[0], answers[1], home);
  }
  setpgid(process_, process_);
  close(commands[0]);
  close(answers[1]);
  to_ = commands[1];
  from_ = answers[0];
  const json page = Call("Target.createTarget", {{"url", "about:blank"}});
  session_ = Call("Target.attachToTarget",
                  {{"targetId", page["targetId"]}, {"flatten", true}})
                 .at("sessionId")
                 .get<std::string>();
  for (const char* domain : {"Page", "Runtime", "Log", "Network"}) {
    Call(absl::StrCat(domain, ".enable"), json::object());
  }
}

Browser::~Browser() {
  close(to_);
  close(from_);
  kill(-process_, SIGKILL);  // with the processes that it started
  waitpid(process_, nullptr, 0);
}

json Browser::Receive() {
  size_t end;
  while ((end = received_.find('\0')) == std::string::npos) {
    pollfd waiting = {from_, POLLIN, 0};
    CHECK_GT(poll(&waiting, 1, kPatience), 0) << "chromium does not answer";
    char buffer[1 << 16];
    const ssize_t size = read(from_, buffer, sizeof(buffer));
    CHECK_GT(size, 0) << "chromium has ended; is it installed?";
    received_.append(buffer, static_cast<size_t>(size));
  }
  const json message = json::parse(received_.substr(0, end));
  received_.erase(0, end + 1);
  return message;
}

void Browser::Note(const json& event) {
  const std::string method = event.value("method", "");
  const json& params = event["params"];
  if (method == "Page.loadEventFired") {
    ++loads_;
  } else if (method == "Log.entryAdded" ||
             method == "Runtime.exceptionThrown") {
    complaints_.push_back(params.dump());
  } else if (method == "Runtime.consoleAPICalled") {
    const std::string type = params["type"];
    if (type == "error" || type == "warning" || type == "assert") {
      complaints_.push_back(params.dump());
    }
  } else if (method == "Network.requestWillBeSent") {
    const std::string url = params["request"]["url"];
    if (!absl::StartsWith(url, "file:") && !absl::StartsWith(url, "data:")) {
      complaints_.push_back("request: " + url);
    }
  }
}

json Browser::Call(const std::string& method, const json& params) {
  json message = {{"id", ++last_id_}, {"method", method}, {"params", params}};
  if (!session_.empty()) message["sessionId"] = session_;
  const std::string text = message.dump();
  const auto size = static_cast<ssize_t>(text.size() + 1);  // with its '\0'
  CHECK_EQ(write(to_, text.c_str(), text.size() + 1), size);
  for (;;) {
    json answer = Receive();
    if (answer.value("id", int64_t{0}) != last_id_) {
      Note(answer);
      continue;
    }
    CHECK(!answer.contains("error")) << method << ": " << answer;
    return answer["result"];
  }
}

void Browser::Emulate(const Screen& screen) {
  Call("Emulation.setDeviceMetricsOverride", {{"width", screen.width},
                                              {"height", screen.height},
                                              {"deviceScaleFactor", 1},
                                              {"mobile", screen.width < 500}});
  Call("Emulation.setEmulatedMedia",
       {{"features",
         {{{"name", "prefers-color-scheme"},
           {"value", screen.dark ? "dark" : "light"}}}}});
}

void Browser::Open(const std::string& path) {
  const int64_t before = loads_;
  const json page = Call("Page.navigate", {{"url", "file://" + path}});
  CHECK(!page.contains("errorText")) << path << ": " << page;
  while (loads_ == before) Note(Receive());
}

json Browser::Evaluate(const std::string& expression) {
  const json answer = Call("Runtime.evaluate", {{"expression", expression},
                                                {"returnByValue", true},
                                                {"awaitPromise", true}});
  if (answer.contains("exceptionDetails")) {
    complaints_.push_back(answer["exceptionDetails"].dump());
  }
  return answer["result"].value("value", json());
}

void Browser::PointAt(double x, double y) {
  Call("Input.dispatchMouseEvent",
       {{"type", "mouseMoved"}, {"x", x}, {"y", y}});
}

std::string Browser::Screenshot() {
  const json picture = Call("Page.captureScreenshot", {{"format", "png"}});
  std::string png;
  CHECK(absl::Base64Unescape(picture["data"].get<std::string>(), &png));
  return png;
}

}  // namespace caldera
