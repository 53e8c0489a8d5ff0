#include "plant/yaml.h"

#include <libfyaml.h>

#include <memory>

#include "base/text.h"

namespace rampart::plant {

namespace {

struct Release {
  void operator()(fy_diag* diagnostics) const { fy_diag_destroy(diagnostics); }
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};

/// Hint pairs a part of libfyaml's message with what mends it.
struct Hint {
  std::string_view part;
  std::string_view hint;
};
constexpr Hint kHints[] = {
    {"tab character", "indent with spaces"},
    {"without closing quote", "close the quote on the same line"},
    {"wrongly indented double-quoted", "close the quote on the same line"},
    {"wrongly indented single-quoted", "close the quote on the same line"},
    {"without a closing bracket", "close the bracket that was opened last"},
    {"without a closing brace", "close the brace that was opened last"},
    {"invalid nested block mapping on the same line", "put a value that holds ': ' in double quotes"},
    {"invalid multiline plain key",
     "indent this key as far as the keys beside it; or put the value above it in quotes"},
    {"missing comma", "close the { on its line, or put a comma between the entries"},
    {"wrongly indented flow", "close the bracket that was opened above, or indent this line further"},
    {"extra closing", "take the bracket away, or open one before it"},
    {"plain scalar cannot start with", "put the value in double quotes"},
    {"cannot start any token", "put the value in double quotes"},
    {"depth limit", "nothing in a plant is that deep"},
};

Span span_of(fy_token* token) {
  const fy_mark* start = fy_token_start_mark(token);
  const fy_mark* end = fy_token_end_mark(token);
  if (start == nullptr || end == nullptr || end->input_pos < start->input_pos) return {};
  return {start->input_pos, end->input_pos - start->input_pos};
}

/// with_sigil is the span of an anchor or alias with the & or * before it.
Span with_sigil(fy_token* token) {
  const Span at = span_of(token);
  return at.offset > 0 ? Span{at.offset - 1, at.length + 1} : at;
}

}  // namespace

class TreeBuilder {
 public:
  explicit TreeBuilder(Problems& problems) : problems_(problems) {}

  Tree build() {
    fy_diag_cfg diagnostics_config;
    fy_diag_cfg_default(&diagnostics_config);
    diagnostics_config.fp = nullptr;
    diagnostics_config.level = FYET_ERROR;
    diagnostics_config.colorize = false;
    const std::unique_ptr<fy_diag, Release> diagnostics(fy_diag_create(&diagnostics_config));
    fy_parse_cfg config{};
    config.search_path = "";
    config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE);
    config.diag = diagnostics.get();
    if (diagnostics) fy_diag_set_collect_errors(diagnostics.get(), true);
    const std::unique_ptr<fy_parser, Release> parser(diagnostics ? fy_parser_create(&config) : nullptr);
    const std::string_view text = problems_.text();
    if (!parser || fy_parser_set_string(parser.get(), text.data(), text.size()) != 0) {
      problems_.error({}, "the YAML parser could not be started");
      return std::move(tree_);
    }
    bool more = true;
    while (more) {
      fy_event* event = fy_parser_parse(parser.get());
      if (event == nullptr) break;
      more = take(*event);
      fy_parser_event_free(parser.get(), event);
    }
    if (more) tree_.complete_ = report(diagnostics.get(), parser.get());
    return std::move(tree_);
  }

 private:
  /// report turns libfyaml's own errors into problems; true where there is none.
  bool report(fy_diag* diagnostics, fy_parser* parser) {
    bool none = true;
    void* previous = nullptr;
    while (const fy_diag_error* error = fy_diag_errors_iterate(diagnostics, &previous)) {
      if (error->type != FYET_ERROR) continue;
      none = false;
      const std::string_view message = error->msg != nullptr ? error->msg : "not YAML";
      std::string_view hint;
      for (const Hint& candidate : kHints) {
        if (hint.empty() && message.find(candidate.part) != std::string_view::npos) hint = candidate.hint;
      }
      Span at = error->fyt != nullptr ? span_of(error->fyt) : Span{};
      if (at.length == 0 && error->line > 0 && error->column > 0) {
        at.offset =
            problems_.lines().offset({static_cast<uint32_t>(error->line), static_cast<uint32_t>(error->column)});
      }
      if (message.find("tab character") != std::string_view::npos) {
        report_tabs(at.offset, hint);
      } else {
        problems_.error(at, std::string(message), std::string(hint));
      }
    }
    if (none && fy_parser_get_stream_error(parser)) {
      problems_.error({problems_.text().size(), 0}, "the YAML parser gave up", "what is opened last is not closed");
      none = false;
    }
    return none;
  }

  /// report_tabs names the line that stopped the parser and every later one that would stop it again.
  void report_tabs(size_t offset, std::string_view hint) {
    const std::string_view text = problems_.text();
    for (size_t line = offset; line < text.size();) {
      const size_t content = std::min(text.find_first_not_of(" \t", line), text.size());
      const size_t tab = text.find('\t', line);
      if (tab < content) problems_.error({tab, 1}, "a tab in the indentation", std::string(hint));
      const size_t end = text.find('\n', line);
      if (end == std::string_view::npos) break;
      line = end + 1;
    }
  }

  /// take adds one event to the tree; false where reading must end.
  bool take(const fy_event& event) {
    switch (event.type) {
      case FYET_DOCUMENT_START:
        return start_document(event);
      case FYET_ALIAS:
        problems_.error(with_sigil(event.alias.anchor), "an alias: each fact has one place in a plant file",
                        "write the value out");
        return add(NodeKind::broken, with_sigil(event.alias.anchor)) != kNoNode;
      case FYET_SCALAR:
        return add_scalar(event);
      case FYET_SEQUENCE_START:
        forbid(event.sequence_start.anchor, event.sequence_start.tag);
        return open(NodeKind::sequence, event.sequence_start.sequence_start);
      case FYET_MAPPING_START:
        forbid(event.mapping_start.anchor, event.mapping_start.tag);
        return open(NodeKind::mapping, event.mapping_start.mapping_start);
      case FYET_SEQUENCE_END:
      case FYET_MAPPING_END:
        if (!open_.empty()) {
          tree_.nodes_[open_.back().node].closed = true;
          open_.pop_back();
        }
        return true;
      case FYET_NONE:
      case FYET_STREAM_START:
      case FYET_STREAM_END:
      case FYET_DOCUMENT_END:
        return true;
    }
    return true;
  }

  bool start_document(const fy_event& event) {
    fy_document_state* state = event.document_start.document_state;
    const Span at = span_of(event.document_start.document_start);
    if (documents_++ > 0) {
      problems_.error(at, "a second document: a plant is one document", "take the `---` away");
      return false;
    }
    if (state != nullptr && (fy_document_state_version_explicit(state) || fy_document_state_tags_explicit(state))) {
      const std::string_view text = problems_.text();
      const size_t line = text.starts_with('%') ? 0 : text.find("\n%") + 1;
      problems_.error({line, 1}, "a directive (%): a plant file has none", "take the line that begins with % away");
    }
    return true;
  }

  void forbid(fy_token* anchor, fy_token* tag) {
    if (anchor != nullptr) {
      problems_.error(with_sigil(anchor), "an anchor: each fact has one place in a plant file", "take the anchor away");
    }
    if (tag != nullptr) {
      problems_.error(span_of(tag), "a tag: the types of a plant file are fixed", "take the tag away");
    }
  }

  bool add_scalar(const fy_event& event) {
    fy_token* token = event.scalar.value;
    forbid(event.scalar.anchor, event.scalar.tag);
    if (token == nullptr) return add(NodeKind::null, place_of_nothing()) != kNoNode;
    const fy_scalar_style style = fy_token_scalar_style(token);
    Span at = span_of(token);
    const bool in_quotes = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    if (in_quotes && at.offset > 0) at = {at.offset - 1, at.length + 2};
    const NodeIndex index = add(NodeKind::scalar, at);
    if (index == kNoNode) return false;
    last_end_ = at.offset + at.length;
    Node& node = tree_.nodes_[index];
    node.plain = style == FYSS_PLAIN;
    const std::string_view written = problems_.text().substr(std::min(at.offset, problems_.text().size()), at.length);
    if (style == FYSS_LITERAL || style == FYSS_FOLDED || written.find_first_of("\r\n") != std::string_view::npos) {
      problems_.error(node.at, "a value of several lines", "write it on one line");
      node.kind = NodeKind::broken;
      return true;
    }
    const std::string_view inner = in_quotes && written.size() >= 2 ? written.substr(1, written.size() - 2) : written;
    const bool escaped = in_quotes && inner.find(style == FYSS_SINGLE_QUOTED ? '\'' : '\\') != std::string_view::npos;
    node.value = escaped ? std::string_view(tree_.cooked_.emplace_back(unescaped(token, style, inner))) : inner;
    if (node.plain && (node.value.empty() || node.value == "~" || node.value == "null")) node.kind = NodeKind::null;
    check_value(node);
    return true;
  }

  /// unescaped reads what stands between quotes. libfyaml 0.7.12 leaks memory over many single quotes, so those are
  /// read here.
  static std::string unescaped(fy_token* token, fy_scalar_style style, std::string_view inner) {
    std::string out;
    if (style == FYSS_SINGLE_QUOTED) {
      for (size_t i = 0; i < inner.size(); ++i) {
        out += inner[i];
        if (inner[i] == '\'') ++i;
      }
      return out;
    }
    size_t length = 0;
    const char* value = fy_token_get_text(token, &length);
    if (value != nullptr) out.assign(value, length);
    return out;
  }

  /// place_of_nothing: a key without value is shown at the key, an empty item after what was written before it.
  Span place_of_nothing() const {
    if (open_.empty()) return {last_end_, 0};
    const Node& parent = tree_.nodes_[open_.back().node];
    const bool after_key = parent.kind == NodeKind::mapping && parent.children % 2 == 1;
    return after_key ? tree_.nodes_[open_.back().last].at : Span{last_end_, 0};
  }

  /// check_value keeps control characters out of every name: what is shown on a terminal must not move its cursor.
  void check_value(Node& node) {
    bool control = !is_utf8(node.value);
    for (size_t i = 0; i < node.value.size(); ++i) {
      const auto octet = static_cast<unsigned char>(node.value[i]);
      control |= octet < 0x20 || octet == 0x7f;
      control |= octet == 0xc2 && i + 1 < node.value.size() && static_cast<unsigned char>(node.value[i + 1]) < 0xa0;
    }
    if (!control) return;
    problems_.error(node.at, "a value with control characters", "take them away: values are one line of text");
    node.kind = NodeKind::broken;
  }

  bool open(NodeKind kind, fy_token* token) {
    const Span at = span_of(token);
    const NodeIndex index = add(kind, at);
    if (index == kNoNode) return false;
    last_end_ = at.offset + at.length;
    if (open_.size() == problems_.limits().depth) {
      std::string what = "more than ";
      append_number(what, problems_.limits().depth);
      problems_.error(at, what + " levels deep", "nothing in a plant is that deep");
      return false;
    }
    open_.push_back({index, kNoNode});
    return true;
  }

  NodeIndex add(NodeKind kind, Span at) {
    if (tree_.nodes_.size() == problems_.limits().nodes) {
      std::string what = "more than ";
      append_number(what, problems_.limits().nodes);
      problems_.error(at, what + " values", "a plant file holds one plant");
      return kNoNode;
    }
    const auto index = static_cast<NodeIndex>(tree_.nodes_.size());
    Node& node = tree_.nodes_.emplace_back();
    node.kind = kind;
    node.at = at;
    if (!open_.empty()) {
      Open& parent = open_.back();
      ++tree_.nodes_[parent.node].children;
      (parent.last == kNoNode ? tree_.nodes_[parent.node].first : tree_.nodes_[parent.last].next) = index;
      parent.last = index;
    }
    return index;
  }

  struct Open {
    NodeIndex node;
    NodeIndex last;
  };
  Problems& problems_;
  Tree tree_;
  std::vector<Open> open_;
  size_t documents_ = 0;
  size_t last_end_ = 0;  // where an empty value stands: after what was written before it
};

Tree parse(Problems& problems) { return TreeBuilder(problems).build(); }

namespace {

/// first_not_utf8 is the offset of the first octet that begins no character; the size where all do.
size_t first_not_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (length > 1 && !is_utf8(text.substr(i, length))) return i;
    i += length;
  }
  return text.size();
}

/// few_enough_signs: libfyaml holds all tokens of an open bracket back until it knows whether they are a key, about 300
/// octets each. No plant of a million values needs this many brackets or quotes.
bool few_enough_signs(std::string_view text, size_t nodes) {
  size_t brackets = 0;
  size_t signs = 0;
  for (const char c : text) {
    const bool bracket = c == '[' || c == '{';
    brackets += bracket;
    signs += bracket || c == '"' || c == '\'' || c == '&' || c == '*' || c == '!' || c == '?';
  }
  return brackets <= nodes / 2 && signs <= nodes * 2;
}

}  // namespace

bool check_bytes(Problems& problems) {
  const std::string_view text = problems.text();
  if (!few_enough_signs(text, problems.limits().nodes)) {
    problems.error({}, "more brackets and quotes than a plant of a million values has", "a plant file holds one plant");
    return false;
  }
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    problems.error({0, 1}, "a file in UTF-16", "save it as UTF-8");
    return false;
  }
  if (text.starts_with("\xef\xbb\xbf")) {
    problems.error({0, 1}, "a byte order mark before the text", "save it as UTF-8 without byte order mark");
    return false;
  }
  bool clean = true;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    const size_t bad = first_not_utf8(line);
    if (bad < line.size()) problems.error({start + bad, 1}, "an octet that is not UTF-8", "save the file as UTF-8");
    size_t control = 0;
    while (control < line.size()) {
      const auto octet = static_cast<unsigned char>(line[control]);
      if ((octet < 0x20 && octet != '\t' && octet != '\r') || octet == 0x7f) break;
      ++control;
    }
    if (control < line.size()) {
      problems.error({start + control, 1}, line[control] == '\0' ? "a NUL octet" : "a control character",
                     "take it away: a plant file is text");
    }
    clean &= bad == line.size() && control == line.size();
    start = end + 1;
  }
  return clean;
}

}  // namespace rampart::plant
