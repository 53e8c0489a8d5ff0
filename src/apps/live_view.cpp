#include "apps/live_view.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "apps/version.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

constexpr size_t kLeastColumns = 40, kLeastRows = 8, kMostColumns = 400, kMostRows = 200;
constexpr size_t kName = 26, kNumber = 13;  // widths of tables

std::string with_commas(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string right(const std::string& text, size_t columns) {
  return std::string(columns > text.size() ? columns - text.size() : 0, ' ') + text;
}

/// rate_of writes a small rate with one decimal, or slow traffic would look like none.
std::string rate_of(double value) {
  if (value <= 0) return "0";
  if (value >= 10) return with_commas(static_cast<uint64_t>(value + 0.5));
  const auto tenths = static_cast<uint64_t>(value * 10 + 0.5);
  return tenths == 0 ? "<0.1" : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string bits_of(double bits) {
  if (bits >= 1e9) return rate_of(bits / 1e9) + " Gbit/s";
  if (bits >= 1e6) return rate_of(bits / 1e6) + " Mbit/s";
  return rate_of(bits / 1e3) + " kbit/s";
}

std::string time_of(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 172'800) return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
  return std::to_string(seconds / 86'400) + " days";
}

std::string clock_of(TimePoint when) {
  std::string out;
  append_timestamp(out, when);
  return out.substr(11, 8);
}

std::string_view colour_of(records::Severity severity) {
  switch (severity) {
    case records::Severity::critical:
      return "\x1b[1;31m";
    case records::Severity::high:
      return "\x1b[33m";
    case records::Severity::medium:
      return "\x1b[36m";
    case records::Severity::low:
      return "";
  }
  return "";
}

/// Lines is a picture that grows, cut to its screen.
class Lines {
 public:
  explicit Lines(const Screen& screen) : screen_(screen) {}
  size_t left() const { return screen_.rows - count_; }
  void add(std::string_view text, std::string_view colour = {}) {
    if (left() == 0) return;
    ++count_;
    std::string line = fit(text, screen_.columns);
    line.erase(line.find_last_not_of(' ') + 1);
    const bool coloured = screen_.colour && !colour.empty() && !line.empty();
    if (coloured) out_ += colour;
    out_ += line;
    out_ += coloured ? "\x1b[0m\n" : "\n";
  }
  std::string take() { return std::move(out_); }

 private:
  const Screen& screen_;
  size_t count_ = 0;
  std::string out_;
};

constexpr std::string_view kLoud = "\x1b[33m";

void add_head(Lines& lines, const WatchState& state) {
  const std::string name = state.plant ? state.plant->name : std::string("no plant: nothing is judged");
  lines.add("Rampart " + std::string(kVersion) + "   " + fit(name, 30) + "  up " + time_of(state.now - state.started) +
            "   " + clock_of(state.now) + " UTC");
  lines.add(rate_of(state.packets_a_second) + " packets/s   " + bits_of(state.bits_a_second) + "   " +
            rate_of(state.operations_a_second) + " operations/s   " + with_commas(state.operations) + " operations");
}

/// add_sources: what is seen is one quiet line; an interface that is not seen has a loud one of its own.
void add_sources(Lines& lines, const WatchState& state) {
  std::string names;
  for (const monitor::LiveSource& source : state.sources) names += (names.empty() ? "" : " ") + source.name;
  const uint64_t drops = drops_of(state);
  const TimePoint last = last_packet_of(state);
  const std::string silent =
      last == TimePoint{} ? "no packet yet" : "last packet " + time_of(state.now - last) + " ago";
  lines.add(names + ": " + silent + ", " + with_commas(drops) + " dropped, blind " + time_of(blind_of(state)),
            drops > 0 ? kLoud : std::string_view{});
  for (const monitor::LiveSource& source : state.sources) {
    if (source.state == monitor::InterfaceState::up) continue;
    lines.add(source.name + " is " + std::string(to_text(source.state)) + ": nothing is seen there, blind " +
                  time_of(source.blind),
              kLoud);
  }
}

/// choose takes at most `most` of a table's rows, loud ones first, and keeps their order otherwise.
template <class Row, class Loud>
std::vector<Row> choose(const std::vector<Row>& all, size_t most, Loud&& loud) {
  if (all.size() <= most) return all;
  std::vector<Row> chosen;
  size_t quiet = most - std::min<size_t>(most, static_cast<size_t>(std::count_if(all.begin(), all.end(), loud)));
  for (const Row& row : all) {
    const bool is_loud = loud(row);
    if (chosen.size() == most || (!is_loud && quiet == 0)) continue;
    quiet -= is_loud ? 0 : 1;
    chosen.push_back(row);
  }
  return chosen;
}

void add_zones(Lines& lines, const WatchState& state, size_t most) {
  using Row = std::pair<const std::string, WatchState::Zone>;
  std::vector<const Row*> rows;
  for (const Row& row : state.zones) rows.push_back(&row);
  const auto loud = [](const Row* row) { return row->second.findings + row->second.strangers > 0; };
  lines.add("");
  lines.add(fit("Zones", kName) + right("assets seen", kNumber) + right("strangers", kNumber) +
            right("findings", kNumber));
  for (const Row* row : choose(rows, most, loud)) {
    const WatchState::Zone& zone = row->second;
    lines.add("  " + fit(row->first, kName - 2) +
                  right(with_commas(zone.assets) + " of " + with_commas(zone.planned), kNumber) +
                  right(with_commas(zone.strangers), kNumber) + right(with_commas(zone.findings), kNumber),
              zone.findings > 0 ? kLoud : std::string_view{});
  }
  if (rows.size() > most) lines.add("  and " + std::to_string(rows.size() - most) + " more");
}

void add_conduits(Lines& lines, const WatchState& state, size_t most) {
  using Row = std::pair<const std::string, WatchState::Conduit>;
  std::vector<const Row*> rows;
  for (const Row& row : state.conduits) rows.push_back(&row);
  const auto loud = [](const Row* row) { return row->second.denied > 0; };
  lines.add("");
  lines.add(fit("Conduits", kName) + right("per second", kNumber) + right("operations", kNumber) +
            right("denied", kNumber) + right("undecidable", kNumber));
  for (const Row* row : choose(rows, most, loud)) {
    const WatchState::Conduit& conduit = row->second;
    lines.add("  " + fit(row->first, kName - 2) + right(rate_of(conduit.rate), kNumber) +
                  right(with_commas(conduit.operations), kNumber) + right(with_commas(conduit.denied), kNumber) +
                  right(with_commas(conduit.undecidable), kNumber),
              conduit.denied > 0 ? kLoud : std::string_view{});
  }
  if (rows.size() > most) lines.add("  and " + std::to_string(rows.size() - most) + " more");
}

void add_protocols(Lines& lines, const WatchState& state, size_t most) {
  lines.add("");
  lines.add(fit("Protocols", kName) + right("operations", kNumber));
  for (const auto& [name, count] : state.protocols) {
    if (most-- == 0) return;
    lines.add("  " + fit(name, kName - 2) + right(with_commas(count), kNumber));
  }
}

void add_news(Lines& lines, const WatchState& state) {
  lines.add("");
  if (state.news.empty()) {
    lines.add("No findings.");
    return;
  }
  lines.add("Newest findings, " + with_commas(state.findings_in_all) + " in all");
  for (const WatchState::News& news : state.news) {
    const std::string times = news.count > 1 ? " (" + with_commas(news.count) + "x)" : "";
    lines.add(clock_of(news.when) + "  " + fit(records::to_text(news.severity), 9) + news.message + times,
              colour_of(news.severity));
  }
}

}  // namespace

std::string fit(std::string_view text, size_t columns) {
  std::string out;
  std::vector<size_t> ends;  // of the columns so far
  const bool good = is_utf8(text);
  for (size_t at = 0; at < text.size() && ends.size() <= columns;) {
    const auto first = static_cast<unsigned char>(text[at]);
    size_t length = 1;
    if (good && first >= 0xc0) length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    // U+0080 to U+009F are controls, too.
    const bool control = first < 0x20 || first == 0x7f || (first >= 0x80 && !good) ||
                         (first == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0);
    if (control) {
      out += '?';
    } else {
      out += text.substr(at, length);
    }
    ends.push_back(out.size());
    at += length;
  }
  if (ends.size() > columns) {
    if (columns <= 2) return std::string(columns, '.');
    out.resize(columns > 2 ? ends[columns - 3] : 0);
    return out + "..";
  }
  return out + std::string(columns - ends.size(), ' ');
}

std::string render(const WatchState& state, const Screen& asked) {
  Screen screen = asked;
  screen.columns = std::clamp(screen.columns, kLeastColumns, kMostColumns);
  screen.rows = std::clamp(screen.rows, kLeastRows, kMostRows);
  Lines lines(screen);
  add_head(lines, state);
  add_sources(lines, state);
  // A third of what is left for the findings, which always have room; zones and conduits share the rest. A table costs
  // three lines beside its rows: a blank, its head, and how many rows are left out.
  constexpr size_t kFrame = 3, kLeastTable = 4;
  const size_t tables = lines.left() * 2 / 3;
  if (!state.plant && tables >= kLeastTable) add_protocols(lines, state, tables - kFrame);
  if (state.plant && tables >= 2 * kLeastTable) {
    const size_t half = tables / 2 - kFrame;
    const size_t zones = std::min(half, state.zones.size());
    add_zones(lines, state, half);
    add_conduits(lines, state, half + (half - zones));
  } else if (state.plant && tables >= kLeastTable) {
    add_conduits(lines, state, tables - kFrame);
  }
  add_news(lines, state);
  return lines.take();
}

bool LiveView::possible() { return isatty(STDOUT_FILENO) == 1; }

LiveView::LiveView() : colour_(std::getenv("NO_COLOR") == nullptr) {
  // An opening of our own: that writing must not wait shall not change the shell's.
  const char* name = ttyname(STDOUT_FILENO);
  if (name != nullptr) terminal_ = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

LiveView::~LiveView() {
  if (terminal_ >= 0) close(terminal_);
}

void LiveView::draw(const WatchState& state) {
  if (terminal_ < 0) return;
  winsize size{};
  Screen screen{.colour = colour_};
  if (ioctl(terminal_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    screen.columns = size.ws_col;
    screen.rows = size.ws_row;
  }
  --screen.rows;  // the cursor rests below the picture
  const bool anew = !drawn_ || screen.columns != columns_ || screen.rows != rows_;
  columns_ = screen.columns;
  rows_ = screen.rows;
  drawn_ = true;
  std::string out = anew ? "\x1b[2J\x1b[H" : "\x1b[H";
  const std::string picture = render(state, screen);
  for (const std::string_view line : split(picture, '\n')) {
    if (line.data() == picture.data() + picture.size()) break;
    out += line;
    out += "\x1b[K\r\n";
  }
  out += "\x1b[J";
  // What the terminal does not take now is gone; the next picture is a second away.
  drawn_ = write(terminal_, out.data(), out.size()) == static_cast<ssize_t>(out.size());
}

}  // namespace rampart::apps
