// What an authority has issued, revoked and promised: one file of lines, only ever added to, each with its checksum.
// The file is the truth; all else in the authority's folder follows from it. docs/formats/pki.md. An Index belongs to
// one thread; several processes may use one file in turn.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace rampart::pki {

inline constexpr size_t kMostEntries = 65'536;  // certificates and tokens each, of one authority

/// Entry is one certificate that was issued.
struct Entry {
  crypto::Certificate certificate;
  std::vector<uint8_t> der;
  std::string key;  // SHA-256 of its public key, hexadecimal
  std::string by;   // the hash of the token it was enrolled by; else "request", "renewal", "service"
  TimePoint made{};
  std::optional<TimePoint> revoked{};
  std::string reason{};
  int told = 0;  // days before its end that an alarm was last given for; 0: none yet
};

/// Token is a promise to certify whoever shows it. Only its hash is kept.
struct Token {
  std::string subject, role;
  TimePoint made{}, until{};
  std::optional<size_t> used{};  // the certificate that it was used for
};

class Index {
 public:
  /// make makes an empty one. Errors: throws Error where the file exists.
  static void make(const std::string& path);
  /// Errors: throws Error where the file cannot be opened.
  explicit Index(std::string path);

  /// Turn keeps other processes out while it lives, having read what they added. Errors: throws Error where a line is
  /// damaged; a last line that a crash left torn is cut.
  class Turn {
   public:
    explicit Turn(Index& index);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Index& index_;
  };

  // Each adds one line, which is on the disk when it returns. Only within a Turn. Errors: throw Error, nothing added.
  void add_token(TimePoint now, const std::string& hash, const Token& token);
  size_t add_issued(TimePoint now, const std::string& by, Bytes der);
  void add_revoked(TimePoint now, const std::string& serial, const std::string& reason);
  void add_told(TimePoint now, const std::string& serial, int days);

  /// entries: what one refers to stays where it is.
  const std::deque<Entry>& entries() const { return entries_; }
  const Token* token(const std::string& hash) const;
  /// by_serial, newest_of a subject: null where there is none.
  const Entry* by_serial(std::string_view serial) const;
  const Entry* newest(std::string_view subject) const;

 private:
  void read_new();
  void add(const std::string& text);
  bool take(std::string_view text);
  bool take_issued(TimePoint made, const std::vector<std::string_view>& words);

  std::string path_;
  FileDescriptor file_;
  uint64_t size_ = 0;   // octets read so far
  uint64_t lines_ = 0;  // of these, for messages
  std::deque<Entry> entries_;
  std::map<std::string, Token> tokens_;                 // by hash
  std::map<std::string, size_t, std::less<>> serials_;  // into entries_
  std::map<std::string, size_t, std::less<>> newest_;   // of a subject, into entries_
};

}  // namespace rampart::pki
