#include "reshape.h"

#include <algorithm>

#include "watch.h"

namespace rampart::captures {
namespace {

using monitor::Packet;
using monitor::Parsed;
using monitor::Transport;
namespace tcp_flag = monitor::tcp_flag;

constexpr uint8_t kTurning = tcp_flag::syn | tcp_flag::fin | tcp_flag::rst;

/// link_length is what lies before the IP header, for the link layers that are reshaped.
std::optional<size_t> link_length(const Frame& frame) {
  if (frame.link_type == 101 || frame.link_type == 228 || frame.link_type == 229) return 0;
  if (frame.link_type == 0 || frame.link_type == 108) return 4;
  if (frame.link_type == 113) return 16;
  if (frame.link_type != 1) return std::nullopt;
  size_t at = 12;
  while (at + 2 <= frame.bytes.size()) {
    const auto type = load_big<2>(frame.bytes.data() + at);
    if (type == 0x0800 || type == 0x86dd) return at + 2;
    if (type != 0x8100 && type != 0x88a8 && type != 0x9100) return std::nullopt;
    at += 4;
  }
  return std::nullopt;
}

void store16(std::vector<uint8_t>& bytes, size_t at, size_t value) {
  bytes[at] = static_cast<uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<uint8_t>(value);
}
void store32(std::vector<uint8_t>& bytes, size_t at, uint32_t value) {
  store16(bytes, at, value >> 16);
  store16(bytes, at + 2, value & 0xffff);
}

void set_lengths(Frame& frame, const Dissected& parts) {
  const size_t size = frame.bytes.size() - parts.ip;
  if (frame.bytes[parts.ip] >> 4 == 4) {
    store16(frame.bytes, parts.ip + 2, size);
  } else {
    store16(frame.bytes, parts.ip + 4, size - 40);
  }
  frame.original_length = static_cast<uint32_t>(frame.bytes.size());
}

/// with makes a segment like `frame` with another payload.
Frame with(const Frame& frame, const Dissected& parts, uint32_t sequence, Bytes payload, uint8_t flags) {
  Frame made{frame.time,
             {frame.bytes.begin(), frame.bytes.begin() + static_cast<ptrdiff_t>(parts.payload)},
             0,
             frame.link_type};
  made.bytes.insert(made.bytes.end(), payload.begin(), payload.end());
  store32(made.bytes, parts.transport + 4, sequence);
  made.bytes[parts.transport + 13] = flags;
  set_lengths(made, parts);
  return made;
}

/// append_piece adds octets `from` to `until` of a segment's payload as a segment; the last one ends what it ends.
void append_piece(Frames& out, const Frame& frame, const Dissected& parts, size_t from, size_t until) {
  const Packet& packet = parts.packet;
  const bool last = until == packet.payload.size();
  const auto flags =
      static_cast<uint8_t>(last ? packet.tcp_flags : packet.tcp_flags & ~(tcp_flag::fin | tcp_flag::psh));
  out.push_back(with(frame, parts, packet.sequence + static_cast<uint32_t>(from),
                     packet.payload.subspan(from, until - from), flags));
}

bool is_plain_data(const std::optional<Dissected>& parts) {
  return parts && parts->tcp() && !parts->packet.payload.empty() && !parts->has(tcp_flag::syn | tcp_flag::rst);
}

}  // namespace

std::optional<Dissected> dissect(const Frame& frame) {
  const std::optional<size_t> link = link_length(frame);
  if (!link || frame.bytes.size() != frame.original_length) return std::nullopt;
  monitor::RawPacket raw;
  raw.bytes = frame.bytes;
  raw.original_length = frame.original_length;
  raw.link_type = frame.link_type;
  Dissected parts;
  if (monitor::parse_packet(raw, parts.packet) != Parsed::ip || parts.packet.truncated()) return std::nullopt;
  if (parts.packet.transport == Transport::none || parts.packet.payload.data() == nullptr) return std::nullopt;
  parts.ip = *link;
  parts.payload = static_cast<size_t>(parts.packet.payload.data() - frame.bytes.data());
  const uint8_t version = frame.bytes[parts.ip] >> 4;
  if ((version != 4 && version != 6) || parts.payload > frame.bytes.size()) return std::nullopt;
  if (parts.tcp()) {
    // The header's length stands in its own twelfth octet; options make it longer than twenty.
    for (size_t words = 5; words < 16 && parts.transport == 0; ++words) {
      const size_t at = parts.payload - words * 4;
      if (parts.payload < parts.ip + 20 + words * 4) break;
      if (frame.bytes[at + 12] >> 4 == words && load_big<4>(&frame.bytes[at + 4]) == parts.packet.sequence &&
          load_big<2>(&frame.bytes[at]) == parts.packet.source_port) {
        parts.transport = at;
      }
    }
    if (parts.transport == 0) return std::nullopt;
  } else {
    parts.transport = parts.payload - 8;
  }
  const std::string from = end_text(parts.packet.source, parts.packet.source_port);
  const std::string to = end_text(parts.packet.destination, parts.packet.destination_port);
  parts.flow = flow_text(parts.tcp(), from, to);
  parts.from_lower = from < to;
  return parts;
}

Frames into_pieces(const Frames& frames, size_t most, Random random) {
  Frames out;
  for (const Frame& frame : frames) {
    const auto parts = dissect(frame);
    if (!is_plain_data(parts)) {
      out.push_back(frame);
      continue;
    }
    const size_t size = parts->packet.payload.size();
    for (size_t from = 0; from < size;) {
      const size_t until = std::min(size, from + 1 + random() % most);
      append_piece(out, frame, *parts, from, until);
      from = until;
    }
  }
  return out;
}

Frames merged(const Frames& frames) {
  constexpr size_t kMost = 16'000;  // as large as receive offload makes them
  constexpr std::chrono::milliseconds kTogether{1};
  struct Open {
    size_t place = 0;
    bool from_lower = false;
    uint32_t end = 0;
    TimePoint time;
  };
  std::map<std::string, Open> open;
  Frames out;
  for (const Frame& frame : frames) {
    const auto parts = dissect(frame);
    if (!parts || !parts->tcp()) {
      out.push_back(frame);
      continue;
    }
    const auto found = open.find(parts->flow);
    const bool same_side = found != open.end() && found->second.from_lower == parts->from_lower;
    const bool data = is_plain_data(parts) && !parts->has(kTurning);
    if (data && same_side && found->second.end == parts->packet.sequence &&
        frame.time - found->second.time <= kTogether && out[found->second.place].bytes.size() < kMost) {
      Frame& whole = out[found->second.place];
      whole.bytes.insert(whole.bytes.end(), parts->packet.payload.begin(), parts->packet.payload.end());
      Dissected where;
      where.ip = parts->ip;
      set_lengths(whole, where);
      found->second.end = parts->end();
      continue;
    }
    if (found != open.end() && (same_side || !parts->packet.payload.empty() || parts->has(kTurning))) open.erase(found);
    out.push_back(frame);
    if (!data) continue;
    out.back() = with(frame, *parts, parts->packet.sequence, parts->packet.payload, parts->packet.tcp_flags);
    open[parts->flow] = {out.size() - 1, parts->from_lower, parts->end(), frame.time};
  }
  return out;
}

Frames reordered(const Frames& frames, Random random) {
  constexpr size_t kWindow = 8;
  constexpr std::chrono::milliseconds kTogether{1};
  struct Group {
    std::vector<size_t> places;
    bool from_lower = false;
  };
  Frames out = into_pieces(frames, 24, random);
  std::map<std::string, Group> groups;
  std::map<std::string, int> started;  // one bit a direction
  const auto shuffle = [&](Group& group) {
    // What is exchanged is the frames, not the moments: time goes on.
    for (size_t i = group.places.size(); i > 1; --i) {
      Frame& one = out[group.places[i - 1]];
      Frame& other = out[group.places[random() % i]];
      std::swap(one, other);
      std::swap(one.time, other.time);
    }
    group.places.clear();
  };
  for (size_t i = 0; i < out.size(); ++i) {
    const auto parts = dissect(out[i]);
    if (!parts || !parts->tcp()) continue;
    Group& group = groups[parts->flow];
    const bool data = is_plain_data(parts) && !parts->has(kTurning);
    const bool follows = !group.places.empty() && group.from_lower == parts->from_lower &&
                         group.places.size() < kWindow && out[i].time - out[group.places[0]].time <= kTogether;
    if (!data || !follows) shuffle(group);
    // Where nobody saw the start, the first segment is the start: it stays the first.
    int& known = started[parts->flow];
    const int bit = parts->from_lower ? 1 : 2;
    if (data && (known & bit) != 0) {
      group.places.push_back(i);
      group.from_lower = parts->from_lower;
    }
    if (data || parts->has(tcp_flag::syn)) known |= bit;
    if (parts->has(tcp_flag::rst)) known = 0;  // what comes after it begins anew
  }
  for (auto& [flow, group] : groups) shuffle(group);
  return out;
}

Frames repeated(const Frames& frames, Random random) {
  struct Past {
    std::vector<uint8_t> payload;
    uint32_t sequence = 0;
    Frame frame;
  };
  std::map<std::pair<std::string, bool>, Past> past;
  Frames out;
  for (const Frame& frame : frames) {
    const auto parts = dissect(frame);
    if (!is_plain_data(parts) || parts->has(kTurning)) {
      out.push_back(frame);
      continue;
    }
    const Packet& packet = parts->packet;
    Past& before = past[{parts->flow, parts->from_lower}];
    const bool follows = before.sequence + before.payload.size() == packet.sequence && !before.payload.empty();
    const uint64_t kind = random() % 4;
    if (kind == 0 && follows) {
      out.push_back(before.frame);  // late: the other side has answered since
      out.back().time = frame.time;
    }
    if (kind == 1 && follows) {
      const size_t again = 1 + random() % before.payload.size();
      std::vector<uint8_t> longer(before.payload.end() - static_cast<ptrdiff_t>(again), before.payload.end());
      longer.insert(longer.end(), packet.payload.begin(), packet.payload.end());
      out.push_back(with(frame, *parts, packet.sequence - static_cast<uint32_t>(again), longer, packet.tcp_flags));
    } else if (kind == 2) {
      const size_t size = packet.payload.size();
      const size_t middle = random() % size;
      append_piece(out, frame, *parts, 0, std::max<size_t>(middle, 1));
      append_piece(out, frame, *parts, middle / 2, size);
    } else {
      out.push_back(frame);
    }
    if (kind == 3) out.push_back(frame);
    before = {{packet.payload.begin(), packet.payload.end()}, packet.sequence, frame};
  }
  return out;
}

Frames wrapped(const Frames& frames) {
  constexpr uint32_t kBeforeTheWrap = 40;
  std::map<std::pair<std::string, bool>, uint32_t> shifts;
  Frames out = frames;
  const auto shift_of = [&](const std::string& flow, bool from_lower, uint32_t number) {
    return shifts.try_emplace({flow, from_lower}, 0 - kBeforeTheWrap - number).first->second;
  };
  for (Frame& frame : out) {
    const auto parts = dissect(frame);
    if (!parts || !parts->tcp()) continue;
    const uint32_t shift = shift_of(parts->flow, parts->from_lower, parts->packet.sequence);
    uint32_t acknowledgement = parts->packet.acknowledgement;
    if (parts->has(tcp_flag::ack)) acknowledgement += shift_of(parts->flow, !parts->from_lower, acknowledgement);
    store32(frame.bytes, parts->transport + 4, parts->packet.sequence + shift);
    store32(frame.bytes, parts->transport + 8, acknowledgement);
  }
  return out;
}

Frames fragmented(const Frames& frames, size_t octets, Random random) {
  constexpr size_t kMostFragments = 256;
  uint16_t id = 0;
  Frames out;
  for (const Frame& frame : frames) {
    const auto parts = dissect(frame);
    const bool ipv4 = parts && frame.bytes[parts->ip] >> 4 == 4;
    const size_t header = ipv4 ? (frame.bytes[parts->ip] & 15u) * 4u : 0;
    const size_t end = parts ? parts->payload + parts->packet.payload.size() : 0;
    if (!ipv4 || end - parts->ip - header > octets * kMostFragments || end - parts->ip - header <= octets) {
      out.push_back(frame);
      continue;
    }
    ++id;
    const size_t first = out.size();
    for (size_t at = parts->ip + header; at < end; at += octets) {
      const size_t size = std::min(octets, end - at);
      Frame made{frame.time,
                 {frame.bytes.begin(), frame.bytes.begin() + static_cast<ptrdiff_t>(parts->ip + header)},
                 0,
                 frame.link_type};
      made.bytes.insert(made.bytes.end(), frame.bytes.begin() + static_cast<ptrdiff_t>(at),
                        frame.bytes.begin() + static_cast<ptrdiff_t>(at + size));
      set_lengths(made, *parts);
      store16(made.bytes, parts->ip + 4, id);
      store16(made.bytes, parts->ip + 6, (at - parts->ip - header) / 8 | (at + size < end ? 0x2000u : 0u));
      out.push_back(std::move(made));
    }
    std::shuffle(out.begin() + static_cast<ptrdiff_t>(first), out.end(), random);
  }
  return out;
}

}  // namespace rampart::captures
