#include "records/describe.h"

#include "base/text.h"
#include "records/enumerations.h"
#include "records/fields.h"

namespace rampart::records {
namespace {

template <class T>
using Of = std::type_identity<T>;

std::string_view name(Of<bool>) { return "boolean"; }
std::string_view name(Of<uint8_t>) { return "8 bits"; }
std::string_view name(Of<uint16_t>) { return "16 bits"; }
std::string_view name(Of<uint32_t>) { return "32 bits"; }
std::string_view name(Of<uint64_t>) { return "64 bits"; }
std::string_view name(Of<TimePoint>) { return "time"; }
std::string_view name(Of<Duration>) { return "duration"; }
std::string_view name(Of<std::string_view>) { return "text"; }
std::string_view name(Of<std::string>) { return "text"; }
std::string_view name(Of<Bytes>) { return "octets"; }
std::string_view name(Of<IpAddress>) { return "IP address"; }
std::string_view name(Of<MacAddress>) { return "MAC address"; }
std::string_view name(Of<protocols::Protocol>) { return "protocol"; }
std::string_view name(Of<std::span<const protocols::Answer* const>>) { return "list of `answer`"; }

std::string_view name(Of<Side>) { return "`side`"; }
std::string_view name(Of<Conversation>) { return "`conversation`"; }
std::string_view name(Of<Verdict>) { return "`verdict`"; }
std::string_view name(Of<protocols::Function>) { return "`function`"; }
std::string_view name(Of<protocols::Object>) { return "`object`"; }
std::string_view name(Of<protocols::Values>) { return "`values`"; }
std::string_view name(Of<protocols::Outcome>) { return "`outcome`"; }
std::string_view name(Of<protocols::Operation>) { return "`operation`"; }
std::string_view name(Of<protocols::Answer>) { return "`answer`"; }
std::string_view name(Of<protocols::Attribute>) { return "`attribute`"; }

std::string_view name(Of<protocols::Protection>) { return "`protection`"; }

std::string_view name(Of<Direction>) { return "`direction`"; }
std::string_view name(Of<Transport>) { return "`transport`"; }
std::string_view name(Of<Seen>) { return "`seen`"; }
std::string_view name(Of<Severity>) { return "`severity`"; }
std::string_view name(Of<Verdict::Kind>) { return "`verdict-kind`"; }
std::string_view name(Of<Run::Kind>) { return "`run-kind`"; }
std::string_view name(Of<protocols::Action>) { return "`action`"; }
std::string_view name(Of<protocols::ValueType>) { return "`value-type`"; }
std::string_view name(Of<protocols::Outcome::Kind>) { return "`outcome-kind`"; }
std::string_view name(Of<protocols::Attribute::Kind>) { return "`attribute-kind`"; }
std::string_view name(Of<protocols::Attribute::Basis>) { return "`attribute-basis`"; }
std::string_view name(Of<protocols::Assurance>) { return "`assurance`"; }
std::string_view name(Of<protocols::Protection::Kind>) { return "`protection-kind`"; }

template <class T>
std::string_view name(Of<std::optional<T>>) {
  return name(Of<T>());
}
template <class T>
std::string_view name(Of<const T*>) {
  return name(Of<T>());
}

/// Describer writes a row for each field.
class Describer {
 public:
  explicit Describer(std::string& out) : out_(out) {}

  template <class T>
  void operator()(uint8_t number, std::string_view field, const T&, const T& fallback = {}) {
    row(number, field, name(Of<T>()));
    if constexpr (std::same_as<T, bool>) {
      if (fallback) out_ += "; left out where true";
    } else if constexpr (std::unsigned_integral<T>) {
      if (fallback != 0) {
        out_ += "; left out where ";
        append_number(out_, fallback);
      }
    } else if constexpr (std::is_enum_v<T>) {
      if (fallback != T{}) {
        out_ += "; left out where ";
        out_ += word(fallback);
      }
    }
    out_ += " |\n";
  }
  void space(uint8_t number, std::string_view field, uint8_t) {
    row(number, field, "text, the word in rules; 8 bits where the protocol has no word for it |\n");
  }

 private:
  void row(uint8_t number, std::string_view field, std::string_view type) {
    out_ += "| ";
    append_number(out_, number);
    out_ += " | ";
    out_ += field;
    out_ += " | ";
    out_ += type;
  }

  std::string& out_;
};

template <class Struct>
void append_table(std::string& out) {
  out += "\n\n| number | name | type |\n|---|---|---|\n";
  Describer describer(out);
  const Struct empty;
  fields(describer, empty);
}

template <class Struct>
void append_map(std::string& out) {
  out += "\n### ";
  out += name(Of<Struct>());
  append_table<Struct>(out);
}

template <class E>
void append_enumeration(std::string& out) {
  constexpr Range kRange = range_of(E{});
  out += "| ";
  out += name(Of<E>());
  out += " | ";
  for (uint64_t i = kRange.first; i <= kRange.last; ++i) {
    if (i > kRange.first) out += ", ";
    append_number(out, i);
    out += ' ';
    out += word(static_cast<E>(i));
  }
  out += " |\n";
}

template <size_t... kPlace>
void append_kind(std::string& out, size_t kind, std::index_sequence<kPlace...>) {
  ((kPlace + 1 == kind ? append_table<std::variant_alternative_t<kPlace + 1, Fact>>(out) : void()), ...);
}

}  // namespace

void append_shared(std::string& out) {
  out += "### envelope";
  append_table<Envelope>(out);
  append_map<Conversation>(out);
  append_map<Side>(out);
  append_map<protocols::Operation>(out);
  append_map<protocols::Answer>(out);
  append_map<protocols::Function>(out);
  append_map<protocols::Object>(out);
  append_map<protocols::Values>(out);
  append_map<protocols::Outcome>(out);
  append_map<Verdict>(out);
  append_map<protocols::Attribute>(out);
  append_map<protocols::Protection>(out);
  out += "\n### enumerations\n\n| type | numbers |\n|---|---|\n";
  append_enumeration<Direction>(out);
  append_enumeration<Transport>(out);
  append_enumeration<protocols::Action>(out);
  append_enumeration<protocols::ValueType>(out);
  append_enumeration<protocols::Outcome::Kind>(out);
  append_enumeration<protocols::Attribute::Kind>(out);
  append_enumeration<protocols::Attribute::Basis>(out);
  append_enumeration<protocols::Assurance>(out);
  append_enumeration<protocols::Protection::Kind>(out);
  append_enumeration<Seen>(out);
  append_enumeration<Verdict::Kind>(out);
  append_enumeration<Severity>(out);
  append_enumeration<Run::Kind>(out);
}

void append_fields(std::string& out, Kind kind) {
  out += "### ";
  append_number(out, static_cast<uint16_t>(kind));
  out += ' ';
  out += to_text(kind);
  out += ", version ";
  append_number(out, schema_version(kind));
  append_kind(out, static_cast<size_t>(kind), std::make_index_sequence<std::variant_size_v<Fact> - 1>());
}

}  // namespace rampart::records
