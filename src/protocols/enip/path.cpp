#include "protocols/enip/path.h"

#include "base/text.h"
#include "protocols/enip/encapsulation.h"

namespace rampart::protocols::enip {
namespace {

// Kinds of segments: the upper three bits of their first octet.
constexpr uint8_t kPort = 0, kLogical = 1, kNetwork = 2, kSymbol = 3, kData = 4;
// Kinds of logical segments: bits 4 to 2.
constexpr uint8_t kClass = 0, kInstance = 1, kMember = 2, kPoint = 3, kAttribute = 4, kSpecial = 5, kService = 6;
constexpr uint8_t kElectronicKey = 0x34;
constexpr uint8_t kExtendedSymbol = 0x91, kSimpleData = 0x80;
constexpr size_t kMostIndexes = 8;

/// PathReader walks over the segments. A tag of several parts is put together in `text`; one of one part is left where
/// it lies.
class PathReader {
 public:
  PathReader(Bytes bytes, bool padded, std::string& text) : reader_(bytes), padded_(padded), text_(text) {
    text_.clear();
  }

  Path read() {
    while (reader_.left() > 0 && path_.error.empty()) segment();
    if (!reader_.ok() && path_.error.empty()) path_.error = "path ends inside a segment";
    if (path_.error.empty()) finish();
    return path_;
  }

 private:
  void segment() {
    const uint8_t first = reader_.u8();
    switch (first >> 5) {
      case kPort:
        return port(first);
      case kLogical:
        return logical(first);
      case kNetwork:
        return network(first);
      case kSymbol:
        return symbol(first);
      case kData:
        return data(first);
      default:
        path_.error = "path segment of a type that is not known";
    }
  }

  void port(uint8_t first) {
    const bool named = (first & 0x10) != 0;
    const uint8_t size = named ? reader_.u8() : uint8_t{1};
    path_.port = (first & 0x0f) == 0x0f ? reader_.u16_little() : first & 0x0fu;
    const Bytes link = reader_.bytes(size);
    if (named && size % 2 != 0) reader_.skip(1);
    ++path_.hops;
    path_.link = size == 1 && link.size() == 1 ? link[0] : Object::kNoUnit;
  }

  void logical(uint8_t first) {
    if (first == kElectronicKey) {
      if (reader_.u8() != 4) {
        path_.error = "electronic key of a format that is not known";
        return;
      }
      reader_.skip(8);  // vendor, device type, product code, revision
      return;
    }
    const uint8_t kind = first >> 2 & 7;
    const uint8_t format = first & 3;
    if (format == 3 || kind == kSpecial || kind > kService) {
      path_.error = "logical segment of a kind that is not known";
      return;
    }
    if (padded_ && format != 0) reader_.skip(1);
    const uint32_t value = format == 0 ? reader_.u8() : format == 1 ? reader_.u16_little() : reader_.u32_little();
    switch (kind) {
      case kClass:
        return enter_class(value);
      case kInstance:
        path_.instance = value;
        path_.has_instance = true;
        return;
      case kMember:
        return member(value);
      case kPoint:
        if (path_.point_count < 2) path_.points[path_.point_count] = value;
        ++path_.point_count;
        return;
      case kAttribute:
        if (value > kAttributeMost) path_.error = "attribute beyond 16 bits";
        path_.attribute = value;
        path_.has_attribute = true;
        return;
      default:
        return;  // a service's number says nothing of the object
    }
  }

  void network(uint8_t first) {
    // Those with bit 4 count their words, the others have one octet.
    reader_.skip((first & 0x10) != 0 ? reader_.u8() * size_t{2} : 1);
  }

  void symbol(uint8_t first) {
    const uint8_t size = first & 0x1f;
    if (size == 0) {
      path_.error = "symbol of a format that is not known";
      return;
    }
    name(reader_.bytes(size));
    if (padded_ && size % 2 == 0) reader_.skip(1);
  }

  void data(uint8_t first) {
    if (first == kSimpleData) return reader_.skip(reader_.u8() * size_t{2});
    if (first != kExtendedSymbol) {
      path_.error = "data segment of a kind that is not known";
      return;
    }
    const uint8_t size = reader_.u8();
    name(reader_.bytes(size));
    if (size % 2 != 0) reader_.skip(1);
  }

  void name(Bytes octets) {
    if (!reader_.ok()) return;
    if (octets.empty()) {
      path_.error = "tag without a name";
      return;
    }
    if (path_.has_class) close_holder();
    if (!path_.symbolic && text_.empty()) {
      path_.name = as_text(octets);
    } else {
      to_text();
      if (path_.symbolic) append_indexes();
      if (path_.symbolic) text_ += '.';
      text_ += as_text(octets);
    }
    path_.symbolic = true;
  }

  void member(uint32_t value) {
    if (!path_.symbolic) return;
    if (index_count_ == kMostIndexes) {
      path_.error = "too many indexes";
      return;
    }
    indexes_[index_count_++] = value;
  }

  void enter_class(uint32_t value) {
    if (path_.has_class || path_.symbolic) close_holder();
    if (++classes_ > kMostClasses) path_.error = "too many classes";
    path_.class_number = value;
    path_.has_class = true;
  }

  /// close_holder makes what was read so far the name of what holds the object that follows.
  void close_holder() {
    finish_tag();
    if (held_ && !path_.symbolic) path_.name = holder();
    std::string written;
    append_object(written, path_.object());
    text_ = written;
    text_ += kHolds;
    path_.symbolic = path_.has_class = path_.has_instance = path_.has_attribute = path_.indexed = false;
    path_.class_number = path_.instance = path_.attribute = path_.element = 0;
    path_.name = {};
    held_ = true;
  }
  std::string_view holder() const { return std::string_view(text_).substr(0, text_.size() - kHolds.size()); }

  void to_text() {
    if (path_.symbolic && !path_.name.empty()) text_ += path_.name;
    path_.name = {};
  }

  void append_indexes() {
    if (index_count_ == 0) return;
    text_ += '[';
    for (size_t i = 0; i < index_count_; ++i) {
      if (i > 0) text_ += ',';
      append_number(text_, indexes_[i]);
    }
    text_ += ']';
    index_count_ = 0;
  }

  /// finish_tag: one last index names an element, several belong to the name.
  void finish_tag() {
    if (index_count_ == 1) {
      path_.element = indexes_[0];
      path_.indexed = true;
      index_count_ = 0;
    } else if (index_count_ > 1) {
      to_text();
      append_indexes();
    }
    if (path_.symbolic && path_.name.empty()) path_.name = text_;
  }

  void finish() {
    finish_tag();
    if (held_ && !path_.symbolic) path_.name = holder();
  }

  ByteReader reader_;
  const bool padded_;
  std::string& text_;
  Path path_;
  uint32_t indexes_[kMostIndexes] = {};
  size_t index_count_ = 0;
  size_t classes_ = 0;
  bool held_ = false;
};

}  // namespace

Object Path::object(uint32_t elements) const {
  Object object;
  if (symbolic) {
    object.space = space::kTag;
    object.name = name;
    // A tag without an index may be a single value or an array: one element of it is just the tag.
    object.first = element;
    object.last = !indexed && elements <= 1 ? Object::kAll : object.first + (elements > 0 ? elements - 1 : 0);
    return object;
  }
  if (!has_class) return object;
  object = has_attribute ? class_object(class_number, instance, static_cast<uint16_t>(attribute),
                                        static_cast<uint16_t>(attribute))
                         : class_object(class_number, instance);
  object.name = name;
  return object;
}

Path read_path(Bytes path, bool padded, std::string& text) { return PathReader(path, padded, text).read(); }

}  // namespace rampart::protocols::enip
