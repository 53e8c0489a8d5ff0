// The live view of a watch in a terminal: how much is seen, zones, conduits, newest findings. Drawn once a second;
// a terminal that does not keep up misses a picture and holds up nobody.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "apps/watch_state.h"

namespace rampart::apps {

struct Screen {
  size_t columns = 80, rows = 24;
  bool colour = false;
};

/// render is the picture: at most `screen.rows` lines of at most `screen.columns` columns, each with its end. What came
/// from a wire is shown without controls.
std::string render(const WatchState& state, const Screen& screen);

/// fit is `text` in exactly `columns` columns: cut with "..", or filled up with blanks. Controls and what is no UTF-8
/// become question marks.
std::string fit(std::string_view text, size_t columns);

/// LiveView draws on the terminal that standard output is. Opened while we may still open it.
class LiveView {
 public:
  LiveView();
  ~LiveView();
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  static bool possible();
  /// works: the terminal could be opened.
  bool works() const { return terminal_ >= 0; }
  void draw(const WatchState& state);

 private:
  int terminal_ = -1;
  bool colour_ = false, drawn_ = false;
  size_t columns_ = 0, rows_ = 0;
};

}  // namespace rampart::apps
